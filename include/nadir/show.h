/* nadir/show.h - pictures: a scene of shapes, charts that are drawn into it, and the
 * scene written as SVG, PNG or PDF.
 *
 *     nd_scene_create(ctx, 640, 480, "title", "description", &s);
 *     nd_plot p = {.scene = s, .left = 60, .top = 40, .width = 560, .height = 380,
 *                  .x = nd_axis_fit(lo, hi, false), .y = ...};
 *     nd_plot_axes(&p, "s", "loss");
 *     nd_plot_line(&p, n, x, y, (nd_pen){.stroke = ND_INK_BLUE, .width = 1.5});
 *     nd_scene_save(ctx, s, "out.svg", NULL);      by the name: .svg .png .pdf
 *
 * Coordinates of a scene are pixels (1/96 inch), y downwards.  Everything is
 * deterministic: the same calls give the same bytes.  What is drawn after memory ran
 * out is lost; nd_scene_status and every writer then say ND_EMEM. */
#ifndef NADIR_SHOW_H
#define NADIR_SHOW_H

#include <nadir/atlas.h>
#include <nadir/gallery.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- inks ------------------------------------------------------------------------ */

/* A role, whose colour depends on the scheme (light, dark), or ND_RGB(0xrrggbb).  The
 * hues are those of Okabe and Ito (2008), told apart by colour-blind eyes. */
typedef uint32_t nd_ink;
enum {
    ND_INK_NONE = 0,
    ND_INK_PAPER, /* background                        */
    ND_INK_TEXT,
    ND_INK_MUTED, /* labels of second rank             */
    ND_INK_GRID,
    ND_INK_ORANGE,
    ND_INK_SKY,
    ND_INK_GREEN,
    ND_INK_YELLOW,
    ND_INK_BLUE,
    ND_INK_RED,
    ND_INK_PURPLE,
    ND_INKS
};
#define ND_RGB(rgb) ((nd_ink)0x1000000u | (nd_ink)(rgb))

/* 0xrrggbb of an ink.  ND_INK_NONE gives that of the paper. */
uint32_t nd_ink_rgb(nd_ink ink, bool dark);
/* Cividis (Nunez, Anderton, Renslow 2018): 0 dark blue ... 1 yellow. */
nd_ink nd_cividis(double t);
/* The style sheet of pictures that are embedded in a page: the variables --nd-N with
 * their values in both schemes and the classes that use them.  A page forces a scheme
 * with <html data-theme="dark"> or "light".  Freed with nd_text_destroy. */
nd_status nd_theme_css(nd_ctx *ctx, char **css);
void nd_text_destroy(nd_ctx *ctx, char *text);

/* ---- scene ----------------------------------------------------------------------- */

typedef struct nd_scene nd_scene;

typedef enum { ND_SOLID = 0, ND_DASHED, ND_DOTTED } nd_dash;
typedef struct {
    nd_ink stroke, fill; /* ND_INK_NONE: not                                   */
    double width;        /* of the stroke                                      */
    double opacity;      /* 0 counts as 1                                      */
    nd_dash dash;
} nd_pen;

typedef enum { ND_LEFT = 0, ND_MIDDLE, ND_RIGHT } nd_anchor;
typedef struct {
    double size; /* of the font; 0: 12                                         */
    nd_ink ink;  /* ND_INK_NONE: ND_INK_TEXT                                   */
    nd_anchor anchor;
    bool bold, upwards; /* upwards: turned by 90 degrees, against the clock      */
    bool halo;          /* outlined in the colour of the paper                   */
} nd_type_style;

/* title and description are what a screen reader says. */
nd_status nd_scene_create(nd_ctx *ctx, double width, double height, const char *title,
                          const char *description, nd_scene **out);
void nd_scene_destroy(nd_scene *s);
nd_status nd_scene_status(const nd_scene *s);

/* n points (x, y); one that is not finite ends a piece and the next begins another.
 * closed: every piece is; the interior of several follows the even-odd rule. */
void nd_scene_path(nd_scene *s, size_t n, const double *xy, bool closed, nd_pen pen);
void nd_scene_line(nd_scene *s, double x0, double y0, double x1, double y1, nd_pen pen);
void nd_scene_rect(nd_scene *s, double x, double y, double w, double h, nd_pen pen);
void nd_scene_circle(nd_scene *s, double x, double y, double r, nd_pen pen);
/* (x, y): the anchor on the base line.  text is UTF-8. */
void nd_scene_text(nd_scene *s, double x, double y, nd_type_style how, const char *text);
/* The same, broken into lines of at most width pixels; returns the height used. */
double nd_scene_paragraph(nd_scene *s, double x, double y, double width, nd_type_style how,
                          const char *text);
/* About how wide text will be: there is no font to ask. */
double nd_text_width(double size, const char *text);

/* A group: SVG's <g class="KIND" data-id="ID"><title>TITLE</title>; NULL leaves a part
 * out.  With an id it can be focused by keyboard.  Groups nest; end each. */
void nd_scene_group(nd_scene *s, const char *kind, const char *id, const char *title);
/* A group that shows inside the rectangle only. */
void nd_scene_clip(nd_scene *s, double x, double y, double w, double h);
void nd_scene_end(nd_scene *s);

typedef struct {
    bool embedded;  /* SVG: no style, no background: the page brings nd_theme_css     */
    const char *id; /* SVG: prefix of ids, unique in the page; NULL: "nd"            */
    bool dark;      /* PNG, PDF: the dark scheme                                     */
    double zoom;    /* PNG: pixels per pixel; 0: 2                                   */
} nd_scene_style;

/* style NULL: all defaults.  Freed with nd_text_destroy. */
nd_status nd_scene_svg(nd_ctx *ctx, const nd_scene *s, const nd_scene_style *style, char **svg,
                       size_t *size);
/* By the end of the name: .svg, .png, .pdf.  Errors: ND_ENAME for other names and, in a
 * build without Cairo, for .png and .pdf. */
nd_status nd_scene_save(nd_ctx *ctx, const nd_scene *s, const char *file,
                        const nd_scene_style *style);
bool nd_scene_rasters(void); /* can .png and .pdf be written? */

/* ---- charts ------------------------------------------------------------------------ */

typedef struct {
    double lo, hi; /* log: both > 0 */
    bool log;
    bool whole; /* ticks at whole numbers only */
} nd_axis;

/* [lo, hi] with a little room at both ends; something usable whatever lo and hi are. */
nd_axis nd_axis_fit(double lo, double hi, bool log);
enum { ND_TICKS_MAX = 24, ND_TICK_TEXT = 32 };
typedef struct {
    double at;
    char text[ND_TICK_TEXT]; /* "" for a minor tick */
} nd_tick;
/* At most most <= ND_TICKS_MAX labelled ticks; 1, 2 or 5 times a power of ten, or powers
 * of ten on a logarithmic axis.  Returns how many (minor ones included). */
size_t nd_axis_ticks(const nd_axis *a, size_t most, nd_tick tick[ND_TICKS_MAX]);
/* x for people: a few digits, "3.2×10⁻⁹" where that is shorter. */
void nd_number_label(double x, int digits, char text[ND_TICK_TEXT]);

/* A frame with axes: a plain value.  Left, top: of the inner rectangle. */
typedef struct {
    nd_scene *scene;
    double left, top, width, height;
    nd_axis x, y;
} nd_plot;

double nd_plot_x(const nd_plot *p, double x); /* pixels */
double nd_plot_y(const nd_plot *p, double y);
/* Grid, frame, ticks and the names of the axes (NULL: none).  Needs 46 pixels below and
 * 58 to the left of the inner rectangle. */
void nd_plot_axes(const nd_plot *p, const char *x_name, const char *y_name);
void nd_plot_line(const nd_plot *p, size_t n, const double *x, const double *y, nd_pen pen);
/* The area between lo and hi. */
void nd_plot_band(const nd_plot *p, size_t n, const double *x, const double *lo, const double *hi,
                  nd_pen pen);
/* n bars between edge[k] and edge[k+1], from the foot of the frame up to height[k]. */
void nd_plot_bars(const nd_plot *p, size_t n, const double *edge, const double *height, nd_pen pen);

/* ---- marks of points: shape and colour both tell ------------------------------------ */

typedef enum {
    ND_MARK_GOOD = 0,  /* filled circle: minimum without errors (or: global)       */
    ND_MARK_BAD,       /* cross: bad local minimum                                 */
    ND_MARK_SADDLE,    /* triangle                                                 */
    ND_MARK_UNCERTAIN, /* open diamond: minimum without proof, or undecided        */
    ND_MARK_VALLEY,    /* arrow                                                    */
    ND_MARK_PLUS,      /* + : a sample of class +                                  */
    ND_MARK_MINUS,     /* ring: a sample of class -                                */
    ND_MARKS
} nd_mark;

nd_mark nd_mark_of(const nd_verdict *v);
const char *nd_mark_name(nd_mark m); /* "bad minimum", for legends */
nd_ink nd_mark_ink(nd_mark m);
void nd_scene_mark(nd_scene *s, double x, double y, double radius, nd_mark m);

/* A legend: rows of a mark or a pen's line with its text, downwards from (x, y). */
typedef struct {
    const char *text; /* NULL ends the list */
    bool is_mark;
    nd_mark mark;
    nd_pen pen; /* a filled box when it has a fill, else a line */
} nd_legend;
/* Returns the height used. */
double nd_scene_legend(nd_scene *s, double x, double y, const nd_legend *rows);

/* ---- contours ----------------------------------------------------------------------- */

/* Values on a grid, z[j*nx + i] at column i, row j; nx, ny >= 2.  NaN and infinities count
 * as higher than everything. */
typedef struct {
    size_t nx, ny;
    const double *z;
} nd_grid;

/* Pieces in grid coordinates (0 .. nx-1, 0 .. ny-1): piece k has points start[k] ..
 * start[k+1]-1, the higher side to the left of its way (y upwards). */
typedef struct {
    size_t pieces, *start;
    bool *closed;
    double *xy;
} nd_contour;

/* The lines z = level of the bilinear interpolant (marching squares; in a cell with a
 * saddle its value there decides which corners belong together).  filled: the polygons
 * {z >= level} instead, closed along the border; holes run the other way round. */
nd_status nd_contour_find(nd_ctx *ctx, nd_grid g, double level, bool filled, nd_contour *out);
void nd_contour_clear(nd_ctx *ctx, nd_contour *c);
/* Signed area inside: of a filled contour the area of {z >= level}. */
double nd_contour_area(const nd_contour *c);

/* How values become colours. */
typedef struct {
    double lo, hi; /* log: lo > 0 */
    bool log;
    size_t bands;
    bool whole; /* values are whole numbers: only those get ticks */
} nd_ramp;
/* lo .. hi of the finite values (the positive ones for log), cut at the 'top' quantile:
 * a loss that rises steeply at the rim would leave one colour for everything else. */
nd_status nd_ramp_fit(nd_ctx *ctx, size_t n, const double *z, double top, size_t bands, bool log,
                      nd_ramp *out);
/* The same for whole numbers: a band for each, or for several where there are more than
 * bands. */
nd_status nd_ramp_fit_whole(nd_ctx *ctx, size_t n, const double *z, size_t bands, nd_ramp *out);
double nd_ramp_level(const nd_ramp *r, size_t k); /* 0 <= k <= bands: lo .. hi */
nd_ink nd_ramp_ink(const nd_ramp *r, size_t band);

/* The grid as filled contours with lines between them, over the whole frame. */
nd_status nd_plot_field(nd_ctx *ctx, const nd_plot *p, nd_grid g, const nd_ramp *r);
/* One line of it. */
nd_status nd_plot_contour(nd_ctx *ctx, const nd_plot *p, nd_grid g, double level, nd_pen pen);
/* Its colour bar, with ticks and a name, right of x. */
void nd_plot_ramp(const nd_plot *p, double x, const nd_ramp *r, const char *name);

/* ---- figures ------------------------------------------------------------------------- */

/* A point to be shown in a slice, on the plane or beside it. */
typedef struct {
    const double *theta; /* P entries                                        */
    double loss;
    nd_mark mark;
    const char *label; /* short: "1"                                         */
    const char *title; /* what hovering says; NULL: nothing                  */
} nd_slice_point;

typedef struct {
    const char *title;   /* of the figure; NULL: "Slice of the loss surface" */
    const char *subject; /* one line: data, net, loss                        */
    size_t points;
    const nd_slice_point *point;
    const nd_trace *trace; /* drawn as a line, or NULL                        */
    bool errors;           /* a plane: training errors instead of the loss    */
    int log;               /* 1: logarithmic, 0: not, -1: when the loss asks for it */
    const char *id;        /* of the groups, prefix of data-id; NULL: "point" */
} nd_slice_view;

/* The figure: field or curves, the points projected onto it at right angles with their
 * distance, and in words what plane this is, that it is a slice and no proof. */
nd_status nd_show_slice(nd_ctx *ctx, const nd_plane *p, const nd_slice *s,
                        const nd_slice_view *view, nd_scene **out);
/* "the plane through points 1, 2 and 3 ...": which plane, in a sentence part. */
enum { ND_PLANE_TEXT = 400 };
void nd_plane_sentence(const nd_plane *p, const nd_slice_view *view, char text[ND_PLANE_TEXT]);

typedef struct {
    const char *title, *subject; /* as above */
    const char *proved;          /* a sentence on what a certificate proves, or NULL */
} nd_spectrum_view;

/* Eigenvalues in order (or their density with its standard error), and which neurons carry
 * the groups of directions. */
nd_status nd_show_spectrum(nd_ctx *ctx, const nd_net *net, const nd_hessian_spectrum *s,
                           const nd_spectrum_view *view, nd_scene **out);

/* The heat map of a survey: how the runs of every cell end. */
nd_status nd_show_survey(nd_ctx *ctx, const nd_survey_result *r, nd_scene **out);

/* ---- the report (src/show/report*.c, docs/report.md) ---------------------------------- */

/* One HTML file that shows what is known about a problem and its critical points: static
 * first, no network, readable with scripts off. */
typedef struct {
    long figures; /* so many points get regions, spectrum and potential of their own       */
    long grid;    /* of the slice, points across                                           */
    long point;   /* id of the point selected first; 0: a bad minimum, else the lowest      */
    double time;  /* seconds for each proof about the data                                 */
} nd_report_settings;

extern const nd_setting nd_report_table[];
void nd_report_init(nd_report_settings *s);

/* What is reported.  Everything is borrowed. */
typedef struct {
    const char *title;   /* NULL: "The loss surface of NET on DATA"                   */
    const char *command; /* that writes this report, or NULL                          */
    const char *made;    /* that found the points, or NULL                            */
    const char *made_by; /* version of the program that did; NULL: this one           */
    const nd_problem *problem;
    nd_scale scale; /* of the data                                               */
    uint64_t seed;  /* of the search                                             */
    size_t points;
    const nd_atlas_point *point;
    const nd_atlas *atlas; /* for its trials and its graph, or NULL                     */
} nd_report_source;

/* The points, the graph and the problem of an atlas. */
void nd_report_from_atlas(const nd_atlas *a, nd_report_source *out);
/* A single point, id 1: judges theta (nd_classify) and tries to prove the verdict; theta then is
 * the centre of the certificate.  theta: P entries, borrowed by *out. */
nd_status nd_report_judge(nd_ctx *ctx, const nd_problem *pb, double *theta, uint64_t seed,
                          nd_atlas_point *out);

/* The page; the same source gives the same bytes.  Freed with nd_text_destroy.
 * Errors: ND_ENAME (there is no such point), ND_ERANGE (settings), ND_EMEM, ND_ECANCEL. */
nd_status nd_report_html(nd_ctx *ctx, const nd_report_source *source, const nd_report_settings *s,
                         char **html, size_t *size);
nd_status nd_report_save(nd_ctx *ctx, const nd_report_source *source, const nd_report_settings *s,
                         const char *file);

#ifdef __cplusplus
}
#endif
#endif
