/* Sections, panels and figures of the report. */
#include "show/report.h"

#include <stdio.h>
#include <string.h>

void nd_section(nd_report *r, const char *id, const char *heading, const char *about)
{
    nd_html(r, "<section id=\"");
    nd_html(r, id);
    nd_html(r, "\">\n<h2>");
    nd_html_say(r, "%s", heading);
    nd_html(r, "</h2>\n");
    if (!about) return;
    nd_html(r, "<p class=\"about\">");
    nd_html(r, about);
    nd_html(r, "</p>\n");
}

void nd_section_end(nd_report *r)
{
    nd_html(r, "</section>\n");
}

/* "spectrum/3" -> "spectrum-3". */
static void id_of(const char *key, char id[64])
{
    snprintf(id, 64, "%s", key);
    for (char *s = id; *s; s++)
        if (*s == '/') *s = '-';
}

nd_status nd_figure(nd_report *r, const char *key, const char *name, const nd_scene *scene)
{
    nd_scene_style style = {.embedded = true};
    char id[64], *svg;
    size_t size;
    nd_status status;

    id_of(key, id);
    style.id = id;
    status = nd_scene_svg(r->ctx, scene, &style, &svg, &size);
    if (status != ND_OK) return status;
    nd_html(r, "<figure data-key=\"");
    nd_html(r, key);
    nd_html(r, "\" data-name=\"");
    nd_html_say(r, "%s", name);
    nd_html(r, "\">\n<div class=\"svg\">");
    nd_buf_add(r->b, svg, size);
    nd_html(r, "</div>\n");
    nd_text_destroy(r->ctx, svg);
    return ND_OK;
}

void nd_figure_text(nd_report *r, const char *caption)
{
    nd_html(r, "<figcaption>");
    nd_html(r, caption);
    nd_html(r, "</figcaption>\n");
}

void nd_figure_data(nd_report *r, const char *summary, const char *const head[])
{
    nd_html(r, "<details class=\"data\"><summary>");
    nd_html_say(r, "%s", summary);
    nd_html(r, "</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    nd_html_say(r, "%s", summary);
    nd_html(r, "\"><table><thead><tr>");
    for (; *head; head++) {
        nd_html(r, "<th scope=\"col\">");
        nd_html(r, *head);
        nd_html(r, "</th>");
    }
    nd_html(r, "</tr></thead><tbody>\n");
}

void nd_figure_data_end(nd_report *r)
{
    nd_html(r, "</tbody></table></div></details>\n");
}

void nd_figure_end(nd_report *r)
{
    nd_html(r, "</figure>\n");
}

/* ---- panels: what belongs to one point ----------------------------------------------------- */

void nd_panel(nd_report *r, const char *kind, size_t k)
{
    const nd_atlas_point *p = &r->src->point[k];
    char text[ND_POINT_TEXT];

    nd_point_sentence(p, text);
    nd_html(r, "<details class=\"panel\" data-kind=\"");
    nd_html(r, kind);
    nd_buf_printf(r->b, "\" data-of=\"%zu\"", p->id);
    nd_html(r, k == r->first ? " open=\"\"><summary>" : "><summary>");
    nd_html_say(r, "%s", text);
    nd_html(r, "</summary>\n");
}

void nd_panel_end(nd_report *r)
{
    nd_html(r, "</details>\n");
}

void nd_panel_none(nd_report *r, const char *kind)
{
    if (r->owns == r->src->points) return;
    nd_html(r, "<p class=\"none\" data-kind=\"");
    nd_html(r, kind);
    nd_buf_printf(r->b,
                  "\" hidden=\"\">This page has this picture for %zu of %zu points, and not for ",
                  r->owns, r->src->points);
    nd_html(r, "<span class=\"which\"></span>. <code>nadir report --point ID</code> or "
               "<code>--figures N</code> draws it.</p>\n");
}
