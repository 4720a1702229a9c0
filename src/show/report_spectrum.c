/* The spectra of the Hessian at the points that have figures. */
#include "show/report.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>

/* Beyond so many parameters one spectrum takes seconds: the selected point's alone is made. */
enum { SEVERAL = 300, LISTED = 60, PROBES = 10, STEPS = 100 };

static void proof(const nd_verdict *v, char text[400])
{
    char mu[ND_TICK_TEXT], radius[ND_TICK_TEXT];
    const nd_cert *c = &v->cert;

    text[0] = '\0';
    if (v->proved != ND_PROVED || c->truth != ND_PROVED) return;
    nd_number_label(c->mu, 3, mu);
    nd_number_label(c->radius, 2, radius);
    if (c->mu > 0.0)
        snprintf(text, 400,
                 "Proved (%s): within %s there is a critical point at which every "
                 "eigenvalue is at least %s.",
                 c->kind, radius, mu);
    else if (c->says == ND_SAYS_SADDLE)
        snprintf(text, 400,
                 "Proved (%s): within %s there is a critical point with exactly %zu "
                 "negative eigenvalue%s and none that is 0.",
                 c->kind, radius, c->index, c->index == 1 ? "" : "s");
}

static void row(nd_report *r, size_t k, double value)
{
    nd_buf_printf(r->b, "<tr><td class=\"n\">%zu</td>", k + 1);
    nd_html_cell(r, value, 8);
    nd_html(r, "</tr>\n");
}

/* All eigenvalues, or the smallest and the largest half of LISTED. */
static void table(nd_report *r, const nd_hessian_spectrum *s)
{
    static const char *const head[] = {"rank", "eigenvalue", NULL};
    char name[96];

    if (!s->all) return;
    snprintf(name, sizeof name,
             s->P > LISTED ? "Data: the smallest and largest eigenvalues"
                           : "Data: all eigenvalues");
    nd_figure_data(r, name, head);
    for (size_t k = 0; k < s->P; k++)
        if (s->P <= LISTED || k < LISTED / 2 || k + LISTED / 2 >= s->P) row(r, k, s->all[k]);
    nd_figure_data_end(r);
}

static void put_json(nd_report *r, const char *key, const nd_hessian_spectrum *s)
{
    json_t *j = nd_json_at(r, key);

    nd_json_put_real(r, j, "smallest", s->low.value);
    nd_json_put_real(r, j, "largest", s->high.value);
    nd_json_put_real(r, j, "error", s->error);
    if (s->all)
        nd_json_put(r, j, "eigenvalues", nd_json_reals(r, s->P, s->all));
    else {
        nd_json_put(r, j, "x", nd_json_floats(r, s->points, s->x));
        nd_json_put(r, j, "density", nd_json_floats(r, s->points, s->density));
    }
}

static nd_status panel(nd_report *r, size_t k)
{
    const nd_problem *pb = r->src->problem;
    const nd_atlas_point *p = &r->src->point[k];
    nd_hessian_spectrum *s = NULL;
    nd_scene *scene = NULL;
    char key[64], name[64], about[400], title[80];
    nd_status status;

    snprintf(key, sizeof key, "spectrum/%zu", p->id);
    snprintf(name, sizeof name, "spectrum-%zu", p->id);
    snprintf(title, sizeof title, "Spectrum of the Hessian at point %zu", p->id);
    proof(&p->verdict, about);
    const nd_spectrum_view view = {
        .title = title, .subject = r->subject, .proved = *about ? about : NULL};
    ND_TRY(
        nd_hessian_spectrum_make(r->ctx, pb, p->theta, ND_SPECTRUM_VECTORS, PROBES, STEPS, 1, &s));
    ND_TRY(nd_show_spectrum(r->ctx, pb->net, s, &view, &scene));
    nd_panel(r, "spectrum", k);
    ND_TRY(nd_figure(r, key, name, scene));
    table(r, s);
    put_json(r, key, s);
    nd_figure_end(r);
    nd_panel_end(r);
done:
    nd_scene_destroy(scene);
    nd_hessian_spectrum_destroy(r->ctx, s);
    return status;
}

nd_status nd_report_spectra(nd_report *r)
{
    size_t P = r->src->problem->net->P, most = P > SEVERAL ? 1 : r->owns, all = r->owns;
    nd_status status = ND_OK;

    nd_section(r, "spectrum", "Curvature: the spectrum of the Hessian",
               "The eigenvalues of the matrix of second derivatives. All positive: a minimum that "
               "stands alone. A negative one: a way down, so no minimum. Those not told from 0 are "
               "directions in which the loss is flat to second order. Below, which neurons these "
               "directions move.");
    if (most < r->owns)
        nd_html(r, "<p>With so many parameters, for the selected point alone.</p>\n");
    for (size_t k = 0; k < most && status == ND_OK; k++) status = panel(r, r->own[k]);
    if (status == ND_ESMOOTH || status == ND_ENUMERIC) {
        nd_html(r, "<p>None: ");
        nd_html_say(r, "%s", nd_errmsg(r->ctx));
        nd_html(r, ".</p>\n");
        status = ND_OK;
    }
    r->owns = most;
    nd_panel_none(r, "spectrum");
    r->owns = all;
    nd_section_end(r);
    return status;
}
