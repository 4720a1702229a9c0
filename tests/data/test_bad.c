/* Bad input gives one line: where, what was found, what was expected; outputs stay as
 * they were.  The messages are part of the interface, so they are compared whole. */
#include "data_support.h"

typedef struct {
    const char *format, *text, *message;
} row;

#define HINT                                                                                       \
    "a number (drop the column, or encode it as 0/1 columns; another label column: --label)"
#define MISS "a number (missing values are not supported: fill them in or drop the row)"

static const row text_rows[] = {
    {"csv", "", "t: found an empty file, expected csv data"},
    {"csv", "\n \n\r\n", "t: found no rows, expected samples"},
    {"csv", "a,b,label\n", "t: found no rows, expected samples"},
    {"csv", "\xef\xbb\xbf", "t: found no rows, expected samples"},
    {"csv", "a,label\n1,0\nred,1\n", "t:3: column 1 ('a'): found 'red', expected " HINT},
    {"csv", "1,2,0\n3,x y,1\n", "t:2: column 2: found 'x y', expected " HINT},
    {"csv", "a,label\n1,0\n,1\n", "t:3: column 1 ('a'): found nothing, expected " MISS},
    {"csv", "a,label\n1,0\nNA,1\n", "t:3: column 1 ('a'): found 'NA', expected " MISS},
    {"csv", "a,label\n1,0\n?,1\n", "t:3: column 1 ('a'): found '?', expected " MISS},
    {"csv", "a,label\n1,0\nnan,1\n", "t:3: column 1 ('a'): found 'nan', expected " MISS},
    {"csv", "a,label\n1,0\n-inf,1\n",
     "t:3: column 1 ('a'): found '-inf', expected a finite number"},
    {"csv", "a,label\n1,0\n1e999,1\n",
     "t:3: column 1 ('a'): found '1e999', expected a finite number"},
    {"csv", "a;label\n1;0\n1,5;1\n",
     "t:3: column 1 ('a'): found '1,5', expected a number with a decimal point, not a comma"},
    {"csv", "a,label\n1,0\n2,\n",
     "t:3: column 2 ('label'): found nothing, expected a label (rows without a label must be "
     "dropped)"},
    {"csv", "a,label\n1,0\n2,NaN\n",
     "t:3: column 2 ('label'): found 'NaN', expected a label (rows without a label must be "
     "dropped)"},
    {"csv", "a,label\n1,0\n2,-inf\n",
     "t:3: column 2 ('label'): found '-inf', expected a label (rows without a label must be "
     "dropped)"},
    {"csv", "a,b,label\n1,2,0\n\n1,2\n", "t:4: found 2 columns, expected 3 as in the header"},
    {"csv", "1,2,0\n1,2,3,4,5\n", "t:2: found 5 columns, expected 3 as in the first row"},
    {"csv", "1,2,0\n1,2,3,\n", "t:2: found 4 columns, expected 3 as in the first row"},
    {"csv", "1,2,0\n7\n", "t:2: found 1 column, expected 3 as in the first row"},
    {"csv", "a,\"b\nc\",label\n1,2,0\n3,z,1\n", "t:4: column 2 ('b.c'): found 'z', expected " HINT},
    {"csv", "1,\"2,0\n1,2,0\n", "t:1: found '\"2,0.1,2,0.', expected a closing quote"},
    {"csv", "1,\"2\"3,0\n", "t:1: found '3', expected a separator after the closing quote"},
    {"csv", "1 2 0\n3 4 1\n",
     "t:1: found one column, expected features and a label between commas, semicolons or tabs"},
    {"csv",
     "\xff\xfe"
     "1,2",
     "t: found UTF-16 text, expected UTF-8"},
    {"csv", "label,a,label\n1,2,3\n",
     "t: columns 1 and 3 are both named 'label'; choose the label by its number: --label 3"},
    {"csv", "a,label\n\x1b[31m,0\n", "t:2: column 1 ('a'): found '.[31m', expected " HINT},
    {"csv", "a,label\n0123456789012345678901234567890123456789x,0\n",
     "t:2: column 1 ('a'): found '0123456789012345678901234567890123456789...', expected " HINT},
    {"tsv", "1\t2,5\t0\n",
     "t:1: column 2: found '2,5', expected a number with a decimal point, not a comma"},

    {"svm", "# only\n\n# comments\n", "t: found no rows, expected samples"},
    {"svm", "1\n-1\n", "t: found no index:value pairs, expected features"},
    {"svm", "1 1:2\n1:3\n",
     "t:2: column 1: found '1:3', expected a label before the index:value pairs"},
    {"svm", "1 1:2\n-1 1:3 x\n",
     "t:2: column 3: found 'x', expected index:value with an index of at most 100000000"},
    {"svm", "1 1:2\n-1 1000000000000000000:3\n",
     "t:2: column 2: found '1000000000000000000:3', expected index:value with an index of at most "
     "100000000"},
    {"svm", "1 -1:2\n",
     "t:1: column 2: found '-1:2', expected index:value with an index of at most 100000000"},
    {"svm", "1 2:1 1:1\n", "t:1: column 3: found '1:1', expected ascending indices"},
    {"svm", "1 2:1 2:1\n", "t:1: column 3: found '2:1', expected ascending indices"},
    {"svm", "1 1:nan\n", "t:1: column 2: found '1:nan', expected index:value with a finite number"},
    {"svm", "1 1:1e400\n",
     "t:1: column 2: found '1:1e400', expected index:value with a finite number"},
    {"svm", "1 1:\n", "t:1: column 2: found '1:', expected index:value with a finite number"},
    {"svm", "1 1:2x\n", "t:1: column 2: found '1:2x', expected index:value with a finite number"},
    {"svm", "2 qid:10 1:2\n",
     "t:1: column 2: found 'qid:10', expected index:value (query ids belong to ranking, not to two "
     "classes)"},
    {"svm", "nan 1:2\n",
     "t:1: column 1: found 'nan', expected a label (rows without a label must be dropped)"},
    {"svm1", "1 0:2\n", "t:1: column 2: found '0:2', expected indices from 1"},

    {"arff", "@relation x\n@attribute a real\n", "t: found the end of the file, expected @data"},
    {"arff", "@data\n1\n", "t: found no @attribute, expected features"},
    {"arff", "hello\n", "t:1: found 'hello', expected @relation, @attribute or @data"},
    {"arff", "@attribute a real\n@attribute class {x,y}\n@data\n",
     "t: found no rows, expected samples"},
    {"arff", "@attribute class {x,y}\n@data\nx\n",
     "t: found no attribute beside the label, expected features"},
    {"arff", "@attribute a blob\n",
     "t:1: found 'blob', expected numeric, real, integer or {value, ...}"},
    {"arff", "@attribute a {x,\n", "t:1: found nothing, expected a value of the nominal attribute"},
    {"arff", "@attribute a {x y}\n", "t:1: found 'y}', expected ',' or '}'"},
    {"arff", "@attribute 'a real\n", "t:1: found ''a real', expected a closing quote"},
    {"arff", "@attribute a string\n@attribute b real\n@data\n1,2\n",
     "t:3: column 1 ('a'): found 'string or date', expected a numeric or nominal attribute"},
    {"arff", "@attribute a real\n@attribute b real\n@data\n\n1,?\n?,2\n",
     "t:5: column 2 ('b'): found '?', expected a label (rows without a label must be dropped)"},
    {"arff", "@attribute a real\n@attribute b real\n@data\n\n1,3\n?,2\n",
     "t:6: column 1 ('a'): found '?', expected " MISS},
    {"arff", "@attribute a {u,v}\n@attribute b real\n@data\nw,2\n",
     "t:4: column 1 ('a'): found 'w', expected one of the values of the @attribute"},
    {"arff", "@attribute a real\n@attribute b {u,v}\n@data\n2,w\n",
     "t:4: column 2 ('b'): found 'w', expected one of the values of the @attribute"},
    {"arff", "@attribute a real\n@attribute b real\n@data\n1\n",
     "t:4: found 1 values, expected 2, one an attribute"},
    {"arff", "@attribute a real\n@attribute b real\n@data\n1,2,3\n",
     "t:4: found more than 2 values, expected 2, one an attribute"},
    {"arff", "@attribute a real\n@attribute b real\n@data\nx,2\n",
     "t:4: column 1 ('a'): found 'x', expected " HINT},
    {"arff", "@attribute a real\n@attribute b real\n@data\n1,2\n{0 1}\n",
     "t:5: found '{', expected a dense row like the first"},
    {"arff", "@attribute a real\n@attribute b real\n@data\n{0 1}\n1,2\n",
     "t:5: found '1,2', expected a sparse row like the first"},
    {"arff", "@attribute a real\n@attribute b real\n@data\n{1 1, 0 1}\n",
     "t:4: found '0', expected an attribute's index from 0, ascending"},
    {"arff", "@attribute a real\n@attribute b real\n@data\n{2 1}\n",
     "t:4: found '2', expected an attribute's index from 0, ascending"},
    {"arff", "@attribute a real\n@attribute b real\n@data\n{0 1\n",
     "t:4: found nothing, expected '}' at the end"},
};

static void messages(void **state)
{
    for (size_t i = 0; i < sizeof text_rows / sizeof *text_rows; i++) {
        const row *r = &text_rows[i];
        nd_table *t = (nd_table *)state;
        nd_status s = nd_test_parse(*state, r->format, r->text, NULL, &t);
        if (s != ND_EINPUT || strcmp(nd_errmsg(*state), r->message) != 0)
            fail_msg("%s '%s':\n  %s: %s\nexpected\n  %s", r->format, r->text, nd_status_name(s),
                     nd_errmsg(*state), r->message);
        assert_ptr_equal(t, state);
    }
}

/* ---- binary formats: headers that lie ------------------------------------------------------ */

typedef struct {
    const char *format;
    const char *bytes;
    size_t size;
    const char *message;
} binary;

#define B(s)      s, sizeof(s) - 1
#define NPY(dict) "\x93NUMPY\x01\x00\x80\x00" dict

/* The header is filled up with blanks to the 128 bytes that its length says. */
static nd_status parse_npy(nd_ctx *ctx, const char *dict, const char *data, size_t size)
{
    char bytes[256] = "\x93NUMPY\x01";
    nd_table *t = NULL;

    bytes[8] = (char)0x80;
    memset(bytes + 10, ' ', 128);
    memcpy(bytes + 10, dict, strlen(dict));
    memcpy(bytes + 138, data, size);
    return nd_table_parse(ctx, "npy", "t", bytes, 138 + size, NULL, &t);
}

static void npy_headers_that_lie(void **state)
{
    static const struct {
        const char *dict, *message;
    } rows[] = {
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
         "t: the shape overflows"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999, 4), }",
         "expected a shape of at most 8 sizes"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }",
         "t: found 16 bytes of data, expected 8000000000000 for this shape"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }",
         "t: found 16 bytes of data, expected 8 for this shape"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }",
         "t: found an array of 1 dimension(s), expected a matrix"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (), }",
         "t: found a single number, expected an array"},
        {"{'descr': '<f8', 'fortran_order': True, 'shape': (1, 1, 2), }",
         "t: found Fortran order in 3 dimensions, expected C order"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }",
         "t: found one column, expected features and a label"},
        {"{'descr': '<U2', 'fortran_order': False, 'shape': (1, 2), }",
         "t: found text, expected numbers"},
        {"{'descr': '<c16', 'fortran_order': False, 'shape': (1, 1), }",
         "expected a type of f4 f8"},
        {"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1, 1), }",
         "expected a type such as '<f8'"},
        {"{'descr': '<f8', 'fortran_order': Maybe, 'shape': (1, 1), }", "expected True or False"},
        {"{'descr': '<f8', 'shape': (1, 2), }", "expected descr, fortran_order and shape"},
        {"{'descr': '<f8', 'bad': 3}", "expected descr, fortran_order or shape"},
        {"none", "expected a dictionary"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }",
         "t: row 1, column 2: expected a finite number that a double holds exactly"},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (1, 2), }",
         "t: row 1, column 1: expected a finite number that a double holds exactly"},
    };
    /* a double 1 and an infinite one; as integers neither is exact to 53 bits */
    static const char data[] = "\x01\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\xf0\x7f";

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        nd_assert_status(*state, parse_npy(*state, rows[i].dict, data, 16), ND_EINPUT);
        nd_assert_message(*state, rows[i].message);
    }
}

static const binary binary_rows[] = {
    {"npy", B("hello world"), "t: found no NumPy array (version 1 to 3)"},
    {"npy", B(NPY("{'descr'")), "t: the NumPy header is cut off"},
    {"npz", B("hello world hello world hello"),
     "t: found a broken ZIP file (no directory), expected .npz"},
    {"npz", B("PK\5\6\0\0\0\0\1\0\1\0\xff\xff\0\0\0\0\0\0\0\0"),
     "t: found a broken ZIP file (directory outside the file), expected .npz"},
    {"npz", B("PK\5\6\0\0\0\0\1\0\1\0\0\0\0\0\0\0\0\0\0\0"),
     "t: found a broken ZIP file (bad directory), expected .npz"},
    {"npz", B("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
     "t: found nothing, expected an array X (X: features, y: labels)"},
    {"idx", B("\0\0\x07\1\0\0\0\0"), "t: found no IDX header (0, 0, type, dimensions)"},
    {"idx", B("\0\0\x08\x09\0\0\0\0"), "t: found 9 dimensions, expected 1 to 8"},
    {"idx", B("\0\0\x0e\3\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
     "t: found 0 bytes of data, expected more for 4294967295 x 18446744065119617025"},
    {"idx",
     B("\0\0\x08\2\0\0\0\2\0\0\0\2"
       "abc"),
     "t: found 3 bytes of data, expected more for 2 x 2"},
    {"idx",
     B("\0\0\x08\2\0\0\0\2\0\0\0\2"
       "abcd"),
     "t: found no labels, expected them in a file beside it: ...-images-idx3-ubyte and "
     "...-labels-idx1-ubyte"},
    {"idx",
     B("\0\0\x08\2\0\0\0\2\0\0\0\2"
       "abcd"
       "\0\0\x08\1\0\0\0\3"
       "abc"),
     "t: found 3 x 1 labels, expected 2"},
    {"idx",
     B("\0\0\x08\2\0\0\0\0\0\0\0\2"
       "\0\0\x08\1\0\0\0\0"),
     "t: found no rows, expected samples"},
    {"idx",
     B("\0\0\x0d\2\0\0\0\1\0\0\0\1"
       "\x7f\xc0\0\0"
       "\0\0\x08\1\0\0\0\1"
       "a"),
     "t: row 1, column 1: expected a finite number"},
};

static void binary_messages(void **state)
{
    for (size_t i = 0; i < sizeof binary_rows / sizeof *binary_rows; i++) {
        const binary *r = &binary_rows[i];
        nd_table *t = NULL;
        nd_status s = nd_table_parse(*state, r->format, "t", r->bytes, r->size, NULL, &t);
        if (s != ND_EINPUT || strcmp(nd_errmsg(*state), r->message) != 0)
            fail_msg("%s row %zu:\n  %s: %s\nexpected\n  %s", r->format, i, nd_status_name(s),
                     nd_errmsg(*state), r->message);
        assert_null(t);
    }
}

/* ZIP records that lie: a byte of good files changed.  at: from the first record with
 * this signature. */
static void zip_records_that_lie(void **state)
{
    static const struct {
        const char *file, *signature;
        size_t at, size;
        const char *bytes, *message;
    } rows[] = {
        {"stored.npz", "NUMPY", 300, 1, "\x55", "wrong checksum"},
        {"deflated.npz", "PK\1\2", 24, 4, "\xfe\xff\xff\x7f", "impossible size"},
        {"deflated.npz", "PK\1\2", 24, 4, "\xff\xff\xff\xff", "4 GB and more are not read"},
        {"stored.npz", "PK\1\2", 24, 4, "\1\0\0\0", "impossible size"},
        {"deflated.npz", "PK\1\2", 20, 4, "\xff\xff\xff\x7f", "entry outside the file"},
        {"deflated.npz", "PK\1\2", 42, 4, "\xff\xff\xff\x7f", "entry outside the file"},
        {"deflated.npz", "PK\1\2", 10, 2, "\x0c\0", "neither stored nor deflated"},
        {"deflated.npz", "PK\1\2", 8, 2, "\1\0", "encrypted"},
        {"deflated.npz", "PK\3\4", 60, 4, "\xff\xff\xff\xff", "bad deflated data"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[512], bytes[16384];
        size_t size, at = 0, len = strlen(rows[i].signature);
        nd_table *t = NULL;
        FILE *file;
        snprintf(name, sizeof name, ND_SOURCE_DIR "/tests/data/files/%s", rows[i].file);
        file = fopen(name, "rb");
        assert_non_null(file);
        size = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        while (at + len < size && memcmp(bytes + at, rows[i].signature, len) != 0) at++;
        memcpy(bytes + at + rows[i].at, rows[i].bytes, rows[i].size);
        nd_assert_status(*state, nd_table_parse(*state, "npz", "t", bytes, size, NULL, &t),
                         ND_EINPUT);
        nd_assert_message(*state, rows[i].message);
        assert_null(t);
    }
}

/* Labels of an IDX file may follow the images in memory. */
static void idx_in_one_piece(void **state)
{
    static const char bytes[] = "\0\0\x08\2\0\0\0\2\0\0\0\2"
                                "\1\2\3\xff"
                                "\0\0\x08\1\0\0\0\2"
                                "\7\3";
    nd_table *t;

    nd_assert_ok(*state, nd_table_parse(*state, "idx", "t", bytes, sizeof bytes - 1, NULL, &t));
    assert_int_equal(t->n, 2);
    assert_true(t->x[3] == 255.0 && t->y[0] == 1.0 && t->y[1] == -1.0);
    nd_table_destroy(*state, t);
}

/* Every cut of a good file is refused or read, never more than that (with a sanitizer
 * this finds reads beyond the end). */
static void truncations(void **state)
{
    static const char *const files[] = {"stored.npz", "deflated.npz", "le_i2.npy",
                                        "dense.arff", "quoted.csv",   "from1.svm"};

    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        char name[512], bytes[16384], *piece;
        FILE *file;
        size_t size;
        snprintf(name, sizeof name, ND_SOURCE_DIR "/tests/data/files/%s", files[f]);
        file = fopen(name, "rb");
        assert_non_null(file);
        size = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        for (size_t cut = 0; cut <= size; cut++) {
            nd_table *t = NULL;
            piece = malloc(cut + 1);
            memcpy(piece, bytes, cut);
            nd_table_parse(*state, NULL, name, piece, cut, NULL, &t);
            nd_table_destroy(*state, t);
            free(piece);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ND_CTX_TEST(messages),        ND_CTX_TEST(npy_headers_that_lie),
        ND_CTX_TEST(binary_messages), ND_CTX_TEST(idx_in_one_piece),
        ND_CTX_TEST(truncations),     ND_CTX_TEST(zip_records_that_lie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
