/* BLAS and LAPACK from OpenBLAS by their Fortran symbols, which need no header and
 * exist in every build of it.  One thread per call, set before the first one.
 *
 * Our own parallel loops call it from several threads at a time.  Builds with threads
 * (pthread, OpenMP) allow that; a sequential build shares its buffers without a lock and
 * then gives wrong products, so there one call waits for the other. */
#include "num/blas.h"

#include <float.h>
#include <math.h>
#include <pthread.h>

#include "base/memory.h"

void openblas_set_num_threads(int n);
char *openblas_get_config(void);
int openblas_get_parallel(void); /* 0: a sequential build */
void dsyrk_(const char *uplo, const char *trans, const int *n, const int *k, const double *alpha,
            const double *A, const int *lda, const double *beta, double *C, const int *ldc);
void dgemm_(const char *ta, const char *tb, const int *m, const int *n, const int *k,
            const double *alpha, const double *A, const int *lda, const double *B, const int *ldb,
            const double *beta, double *C, const int *ldc);
void dgemv_(const char *ta, const int *m, const int *n, const double *alpha, const double *A,
            const int *lda, const double *x, const int *incx, const double *beta, double *y,
            const int *incy);
void dpotrf_(const char *uplo, const int *n, double *A, const int *lda, int *info);
void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *A, const int *lda,
             double *B, const int *ldb, int *info);
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *A, const int *lda, double *w,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static bool sequential;

static void prepare(void)
{
    openblas_set_num_threads(1);
    sequential = openblas_get_parallel() == 0;
}

static void enter(void)
{
    pthread_once(&once, prepare);
    if (sequential) pthread_mutex_lock(&gate);
}

static void leave(void)
{
    if (sequential) pthread_mutex_unlock(&gate);
}

const char *nd_blas_name(void)
{
    return openblas_get_config();
}

void nd_blas_syrk(size_t n, size_t k, double alpha, const double *A, size_t lda, double beta,
                  double *C, size_t ldc)
{
    int in = (int)n, ik = (int)k, la = (int)lda, lc = (int)ldc;

    enter();
    dsyrk_("L", "T", &in, &ik, &alpha, A, &la, &beta, C, &lc);
    leave();
}

void nd_blas_gemm(bool ta, bool tb, size_t m, size_t n, size_t k, double alpha, const double *A,
                  size_t lda, const double *B, size_t ldb, double beta, double *C, size_t ldc)
{
    int im = (int)m, in = (int)n, ik = (int)k, la = (int)lda, lb = (int)ldb, lc = (int)ldc;

    enter();
    dgemm_(ta ? "T" : "N", tb ? "T" : "N", &im, &in, &ik, &alpha, A, &la, B, &lb, &beta, C, &lc);
    leave();
}

void nd_blas_gemv(bool ta, size_t m, size_t n, double alpha, const double *A, size_t lda,
                  const double *x, double beta, double *y)
{
    int im = (int)m, in = (int)n, la = (int)lda, one = 1;

    enter();
    dgemv_(ta ? "T" : "N", &im, &in, &alpha, A, &la, x, &one, &beta, y, &one);
    leave();
}

/* OpenBLAS tests "pivot <= 0" and so lets NaN pass: look at the diagonal afterwards
 * (a NaN anywhere below reaches the diagonal of its row). */
size_t nd_blas_potrf(size_t n, double *A, size_t lda)
{
    int in = (int)n, la = (int)lda, info = 0;

    enter();
    dpotrf_("L", &in, A, &la, &info);
    leave();
    for (size_t i = 0; i < n; i++) {
        double d = A[i * lda + i];
        if (!(d > 0.0) || d > DBL_MAX) return i + 1;
        if (info > 0 && i + 1 == (size_t)info) return (size_t)info;
    }
    return 0;
}

void nd_blas_potrs(size_t n, const double *L, size_t lda, double *b)
{
    int in = (int)n, la = (int)lda, one = 1, lb = n > 0 ? (int)n : 1, info = 0;

    enter();
    dpotrs_("L", &in, &one, L, &la, b, &lb, &info);
    leave();
}

static bool finite_lower(size_t n, const double *A, size_t lda)
{
    for (size_t j = 0; j < n; j++)
        for (size_t i = j; i < n; i++)
            if (!(fabs(A[j * lda + i]) <= DBL_MAX)) return false;
    return true;
}

size_t nd_blas_syev(nd_ctx *ctx, bool vectors, size_t n, double *A, size_t lda, double *values,
                    nd_status *status)
{
    int in = (int)n, la = (int)lda, lwork = -1, liwork = -1, info = 0, iask = 0;
    const char *job = vectors ? "V" : "N";
    double ask = 0.0, *work = NULL;
    int *iwork = NULL;

    *status = ND_OK;
    if (n == 0) return 0;
    if (!finite_lower(n, A, lda)) return n;
    enter();
    dsyevd_(job, "L", &in, A, &la, values, &ask, &lwork, &iask, &liwork, &info);
    leave();
    lwork = (int)ask;
    liwork = iask;
    work = ND_NEW(ctx, double, (size_t)lwork);
    if (work) iwork = ND_NEW(ctx, int, (size_t)liwork);
    if (!work || !iwork) *status = ND_EMEM;
    if (*status == ND_OK) {
        enter();
        dsyevd_(job, "L", &in, A, &la, values, work, &lwork, iwork, &liwork, &info);
        leave();
    }
    nd_free(ctx, iwork);
    nd_free(ctx, work);
    return info > 0 ? (size_t)info : 0;
}
