/* What the files of the report share. */
#ifndef ND_SHOW_REPORT_H
#define ND_SHOW_REPORT_H

#include "base/json.h"
#include "show/show.h"

/* report.css and report.js, embedded when the program is built. */
extern const char nd_report_css[], nd_report_js[];

typedef struct {
    nd_ctx *ctx;
    const nd_report_source *src;
    const nd_report_settings *set;
    nd_buf *b;         /* the page                                             */
    json_t *json;      /* everything that is shown                             */
    size_t first;      /* index of the point that is selected                  */
    size_t *own, owns; /* indices of the points with figures of their own      */
    char subject[200];
    char sha256[65];
    nd_theory *theory; /* of the problem, with what is known about the point first */
} nd_report;

/* ---- text (report_text.c) ---------------------------------------------------------- */

void nd_html(nd_report *r, const char *markup);
void nd_html_say(nd_report *r, const char *fmt, ...) ND_PRINTF(2, 3); /* escaped; no %f %g */
void nd_html_number(nd_report *r, double x, int digits);              /* "–" when not finite */
void nd_html_cell(nd_report *r, double x, int digits);                /* <td class=n> */
/* Words and formulas as the tables of theory write them, "x~_i of class +, l' >= 0": words as
 * text, the rest as MathML. */
void nd_html_formula(nd_report *r, const char *text);
void nd_math_add(nd_buf *b, const char *text);

/* "point 3: bad local minimum (proved), loss 0.915, 1 error". */
enum { ND_POINT_TEXT = 200 };
void nd_point_sentence(const nd_atlas_point *p, char text[ND_POINT_TEXT]);
/* "bad local minimum", "saddle of index 1" */
void nd_point_kind(const nd_atlas_point *p, char text[64]);
const char *nd_scale_words(nd_scale s);

/* ---- figures (report_figure.c) ------------------------------------------------------ */

/* A section with its heading and what to look at. */
void nd_section(nd_report *r, const char *id, const char *heading, const char *about);
void nd_section_end(nd_report *r);
/* <figure>: key names its data in the JSON, "spectrum/3". */
nd_status nd_figure(nd_report *r, const char *key, const char *name, const nd_scene *scene);
void nd_figure_text(nd_report *r, const char *caption);
/* The table behind the figure: begin, rows, end. */
void nd_figure_data(nd_report *r, const char *summary, const char *const head[]);
void nd_figure_data_end(nd_report *r);
void nd_figure_end(nd_report *r);
/* Around the figures of one point. */
void nd_panel(nd_report *r, const char *kind, size_t k);
void nd_panel_end(nd_report *r);
/* What stands there for points without figures. */
void nd_panel_none(nd_report *r, const char *kind);

/* ---- JSON (report_json.c) ------------------------------------------------------------ */

/* Takes value; NULL or no room marks the page as failed. */
void nd_json_put(nd_report *r, json_t *j, const char *key, json_t *value);
void nd_json_put_real(nd_report *r, json_t *j, const char *key, double x);
json_t *nd_json_reals(nd_report *r, size_t n, const double *x);
/* n numbers as base64 of little-endian IEEE singles. */
json_t *nd_json_floats(nd_report *r, size_t n, const double *x);
/* The object at "a/b", made when it is not there. */
json_t *nd_json_at(nd_report *r, const char *path);
void nd_json_append(nd_report *r, json_t *array, json_t *value);
json_t *nd_json_point(nd_report *r, const nd_atlas_point *p, bool theta);
/* The text of r->json without '<', for a script element. */
nd_status nd_json_embed(nd_report *r);

/* ---- sections, from top to bottom ----------------------------------------------------- */

void nd_report_head(nd_report *r);        /* report_page.c */
nd_status nd_report_theory(nd_report *r); /* report_theory.c */
nd_status nd_report_points(nd_report *r); /* report_points.c */
nd_status nd_report_regions(nd_report *r);
nd_status nd_report_slice(nd_report *r);
nd_status nd_report_graph(nd_report *r); /* report_tree.c */
nd_status nd_report_spectra(nd_report *r);
nd_status nd_report_potential(nd_report *r);
void nd_report_methods(nd_report *r); /* report_page.c */

/* ---- pictures --------------------------------------------------------------------------- */

/* The plane in which decision regions are shown: x = mean + s e[0] + t e[1]. */
typedef struct {
    size_t d;
    bool components; /* principal components, else the features themselves  */
    double *mean, *e[2];
    double share[2]; /* of the variance                                     */
    size_t rows;     /* samples that were looked at                         */
} nd_view_plane;
nd_status nd_view_plane_find(nd_ctx *ctx, const nd_table *t, nd_view_plane *out);
void nd_view_plane_clear(nd_ctx *ctx, nd_view_plane *v);

/* One sample in the picture. */
typedef struct {
    double s, t, f; /* place; output of the network */
    bool plus, wrong;
} nd_sample;

/* f over the plane, n samples. */
nd_status nd_draw_regions(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                          const nd_view_plane *v, size_t n, const nd_sample *sample,
                          nd_scene **out);
/* The samples of pb as the picture places them; n = pb->data->n. */
nd_status nd_view_samples(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                          const nd_view_plane *v, nd_sample *out);

/* The merge tree: leaf[k] is the point that is leaf k of t. */
nd_status nd_draw_tree(nd_ctx *ctx, const nd_tree *t, const nd_atlas_point *point,
                       const size_t *leaf, nd_scene **out);

/* sign(a) G (with ridge: + lambda/(2|a|) (|w|^2 + b^2)) over a plane of neuron space. */
typedef struct {
    const nd_problem *pb;
    const nd_term *term; /* f_S */
    const double *theta;
    const double *c;     /* slopes, n entries                                   */
    size_t neuron;       /* the one the plane goes through: its sign, its bias */
    double lo[2], hi[2]; /* of w and b, or of w_1 and w_2                       */
    double least, most;  /* of the field in the picture                         */
} nd_potential_view;
nd_status nd_draw_potential(nd_ctx *ctx, nd_potential_view *v, nd_scene **out);

#endif
