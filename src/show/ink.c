/* Colours: what each role looks like in the light and in the dark scheme, and cividis.
 *
 * The hues are Okabe and Ito, "Color universal design" (2008).  On a dark ground blue,
 * vermillion and purple are lightened until their contrast is at least 4.5 : 1; on a
 * light one the yellow is for areas only. */
#include "show/show.h"

#include "base/memory.h"

static const struct {
    uint32_t light, dark;
} role[ND_INKS] = {
    [ND_INK_NONE] = {0xffffff, 0x14191f},   [ND_INK_PAPER] = {0xffffff, 0x14191f},
    [ND_INK_TEXT] = {0x1b232b, 0xe3e8ed},   [ND_INK_MUTED] = {0x5b6874, 0x9aa7b3},
    [ND_INK_GRID] = {0xe1e6ea, 0x2c353e},   [ND_INK_ORANGE] = {0xe69f00, 0xe69f00},
    [ND_INK_SKY] = {0x56b4e9, 0x56b4e9},    [ND_INK_GREEN] = {0x009e73, 0x20c997},
    [ND_INK_YELLOW] = {0xf0e442, 0xf0e442}, [ND_INK_BLUE] = {0x0072b2, 0x4ba3dd},
    [ND_INK_RED] = {0xd55e00, 0xff7f32},    [ND_INK_PURPLE] = {0xcc79a7, 0xe094bf},
};

uint32_t nd_ink_rgb(nd_ink ink, bool dark)
{
    if (ink >= ND_RGB(0)) return ink & 0xffffffu;
    if (ink >= ND_INKS) ink = ND_INK_TEXT;
    return dark ? role[ink].dark : role[ink].light;
}

/* The published table of 256 colours at 33 places, straight lines between them: off by at
 * most 6 of 255 (where the blue turns), elsewhere by 1 or 2. */
nd_ink nd_cividis(double t)
{
    enum { KNOTS = 33 };
    static const uint32_t knot[KNOTS] = {
        0x00224e, 0x00285b, 0x002e6a, 0x043371, 0x1a386f, 0x273e6e, 0x32436d, 0x3b496c, 0x434e6c,
        0x4b546c, 0x52596d, 0x5a5f6e, 0x61656f, 0x686a71, 0x6f7073, 0x757676, 0x7c7b78, 0x848179,
        0x8b8778, 0x938d78, 0x9b9376, 0xa39a75, 0xaba072, 0xb3a670, 0xbbad6c, 0xc3b469, 0xccba64,
        0xd4c15f, 0xddc958, 0xe6d051, 0xefd748, 0xf8df3c, 0xfee838};
    double x = (t > 0.0 ? t < 1.0 ? t : 1.0 : 0.0) * (KNOTS - 1);
    size_t k = (size_t)x < KNOTS - 1 ? (size_t)x : KNOTS - 2;
    uint32_t rgb = 0;

    for (int shift = 0; shift <= 16; shift += 8) {
        double a = (double)(knot[k] >> shift & 255), b = (double)(knot[k + 1] >> shift & 255);
        rgb |= (uint32_t)(a + (x - (double)k) * (b - a) + 0.5) << shift;
    }
    return ND_RGB(rgb);
}

/* --nd-1:#ffffff;--nd-2:... */
static void variables(nd_buf *b, bool dark)
{
    for (nd_ink k = ND_INK_PAPER; k < ND_INKS; k++)
        nd_buf_printf(b, "--nd-%u:#%06x;", (unsigned)k, (unsigned)nd_ink_rgb(k, dark));
}

/* f and s: fill and stroke.  The plain colour comes first for viewers that know no
 * variables. */
static void classes(nd_buf *b)
{
    for (nd_ink k = ND_INK_PAPER; k < ND_INKS; k++) {
        unsigned rgb = (unsigned)nd_ink_rgb(k, false), n = (unsigned)k;
        nd_buf_printf(b, ".nd .f%u{fill:#%06x;fill:var(--nd-%u)}", n, rgb, n);
        nd_buf_printf(b, ".nd .s%u{stroke:#%06x;stroke:var(--nd-%u)}\n", n, rgb, n);
    }
}

void nd_theme_add(nd_buf *b, bool page)
{
    const char *root = page ? ":root" : ".nd";

    nd_buf_printf(b, "%s{", root);
    variables(b, false);
    nd_buf_puts(b, page ? "color-scheme:light dark}\n" : "}\n");
    nd_buf_printf(b, "@media (prefers-color-scheme:dark){%s%s{", root,
                  page ? ":not([data-theme=light])" : "");
    variables(b, true);
    nd_buf_puts(b, "}}\n");
    if (page) {
        nd_buf_puts(b, ":root[data-theme=dark]{");
        variables(b, true);
        nd_buf_puts(b, "}\n");
    }
    classes(b);
    nd_buf_puts(b, ".nd text{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',"
                   "Helvetica,Arial,sans-serif}\n"
                   ".nd .h{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}\n");
}

nd_status nd_theme_css(nd_ctx *ctx, char **css)
{
    nd_buf b = nd_buf_make(ctx);

    nd_theme_add(&b, true);
    if (nd_buf_status(&b) != ND_OK) {
        nd_buf_free(&b);
        return ND_EMEM;
    }
    *css = b.data;
    return ND_OK;
}

void nd_text_destroy(nd_ctx *ctx, char *text)
{
    nd_free(ctx, text);
}
