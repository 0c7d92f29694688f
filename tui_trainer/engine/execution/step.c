/* Many training steps in one call. Written by c_source.py around a traced step. */
#define __FAST_MATH__ 1 /* where glibc has vector versions of exp, tanh and others, let the compiler use them */
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <tgmath.h>

#define INLINE static inline __attribute__((always_inline))
#define KEEP $keep
#define ALIGNED __attribute__((aligned(64)))
#define LANES (64 / (long)sizeof($real))
#define PANEL 512

typedef $real vector __attribute__((vector_size(64), aligned(sizeof($real)), may_alias));

/* c = a b, for a of rows x inner and b of inner x columns: four rows and as many columns as fit a register at a time. */
INLINE void product(long rows, long inner, long columns, const $real *restrict a, const $real *restrict b,
                    $real *restrict c, long a_row, long a_column, long b_row, long b_column) {
    if (columns < LANES && columns > 3 && b_column == 1) {
        for (long i = 0; i < rows * columns; i++) c[i] = 0;
        for (long i = 0; i < rows; i++)
            for (long k = 0; k < inner; k++)
                for (long j = 0; j < columns; j++)
                    c[i * columns + j] += a[i * a_row + k * a_column] * b[k * b_row + j];
        return;
    }
    if (columns < LANES || rows * inner < 16) {
        for (long i = 0; i < rows; i++)
            for (long j = 0; j < columns; j++) {
                $real sum = 0;
                for (long k = 0; k < inner; k++) sum += a[i * a_row + k * a_column] * b[k * b_row + j * b_column];
                c[i * columns + j] = sum;
            }
        return;
    }
    for (long j = 0; j < columns; j += LANES) {
        const long width = columns - j < LANES ? columns - j : LANES;
        for (long start = 0; start < inner; start += PANEL) {
            const long depth = inner - start < PANEL ? inner - start : PANEL;
            vector strip[PANEL]; /* a part of these columns of b, side by side */
            for (long k = 0; k < depth; k++)
                for (long l = 0; l < LANES; l++)
                    strip[k][l] = l < width ? b[(start + k) * b_row + (j + l) * b_column] : 0;
            for (long i = 0; i < rows; i += 4) {
                const long height = rows - i < 4 ? rows - i : 4;
                const $real *row[4];
                for (long r = 0; r < 4; r++) row[r] = a + (i + (r < height ? r : 0)) * a_row + start * a_column;
                vector sum[4] = {0};
                if (start)
                    for (long r = 0; r < height; r++) memcpy(&sum[r], c + (i + r) * columns + j, width * sizeof($real));
                for (long k = 0; k < depth; k++) {
                    sum[0] += row[0][k * a_column] * strip[k];
                    sum[1] += row[1][k * a_column] * strip[k];
                    sum[2] += row[2][k * a_column] * strip[k];
                    sum[3] += row[3][k * a_column] * strip[k];
                }
                for (long r = 0; r < height; r++) memcpy(c + (i + r) * columns + j, &sum[r], width * sizeof($real));
            }
        }
    }
}

INLINE $real step(const long B, $parameters, const $real *restrict $x, const $target *restrict $y,
                 const double rate) {
    $body
    return $loss;
}

/* What is taken on trust below: compiled.py compares it with what it is about to give. */
const char layout[] = "$layout";

/* Step s takes sizes[s] of the samples, at the rate rates[s]; its loss goes to losses[s]. */
void train(int64_t steps, const int64_t *sizes, const int64_t *samples, const $real *xs, const $target *ys, void **state,
           const double *rates, $real *losses) {
    KEEP $real x[$batch * $features];
    KEEP $target y[$batch * $targets];
    for (int64_t s = 0; s < steps; s++) {
        const long size = sizes[s];
        for (long i = 0; i < size; i++) {
            memcpy(x + i * $features, xs + samples[i] * $features, $features * sizeof($real));
            memcpy(y + i * $targets, ys + samples[i] * $targets, $targets * sizeof($target));
        }
        losses[s] = size == $batch ? step($batch, $arguments, x, y, rates[s])
                                  : step(size, $arguments, x, y, rates[s]);
        samples += size;
    }
}
