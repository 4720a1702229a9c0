/* nadir/nadir.h - everything. */
#ifndef NADIR_H
#define NADIR_H
#include <nadir/atlas.h>
#include <nadir/base.h>
#include <nadir/cert.h>
#include <nadir/data.h>
#include <nadir/gallery.h>
#include <nadir/lab.h>
#include <nadir/map.h>
#include <nadir/model.h>
#include <nadir/num.h>
#include <nadir/opt.h>
#include <nadir/show.h>
#include <nadir/theory.h>
#endif
