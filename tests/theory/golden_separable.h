/* Made by tools/golden/theory_separable.py (HiGHS): set, positive labels, standardised,
 * bias, separable.  The last column is the optimum of the program. */
static const golden_set golden_sets[] = {
    {"iris2.csv", "virginica", false, true, false}, /* -0 */
    {"iris2.csv", "virginica", false, false, false}, /* -0 */
    {"iris2.csv", "virginica", true, true, false}, /* -0 */
    {"iris2.csv", "virginica", true, false, false}, /* -0 */
    {"sonar.csv", "R", false, true, true}, /* 0.0151 */
    {"sonar.csv", "R", false, false, true}, /* 0.00194 */
    {"sonar.csv", "R", true, true, true}, /* 0.0247 */
    {"sonar.csv", "R", true, false, true}, /* 0.0197 */
    {"ionosphere.csv", "good", false, true, false}, /* -0 */
    {"ionosphere.csv", "good", false, false, false}, /* -0 */
    {"ionosphere.csv", "good", true, true, false}, /* -0 */
    {"ionosphere.csv", "good", true, false, false}, /* -0 */
    {"wdbc.csv", "M", false, true, true}, /* 0.000292 */
    {"wdbc.csv", "M", false, false, true}, /* 0.000286 */
    {"wdbc.csv", "M", true, true, true}, /* 0.000505 */
    {"wdbc.csv", "M", true, false, false}, /* -0 */
    {"pima.csv", "pos", false, true, false}, /* -0 */
    {"pima.csv", "pos", false, false, false}, /* -0 */
    {"pima.csv", "pos", true, true, false}, /* -0 */
    {"pima.csv", "pos", true, false, false}, /* -0 */
    {"spam.csv.gz", "spam", false, true, false}, /* -0 */
    {"spam.csv.gz", "spam", false, false, false}, /* -0 */
    {"spam.csv.gz", "spam", true, true, false}, /* -0 */
    {"spam.csv.gz", "spam", true, false, false}, /* -0 */
    {"digits.csv.gz", "0,2,4,6,8", false, true, false}, /* -0 */
    {"digits.csv.gz", "0,2,4,6,8", false, false, false}, /* -0 */
    {"digits.csv.gz", "0,2,4,6,8", true, true, false}, /* -0 */
    {"digits.csv.gz", "0,2,4,6,8", true, false, false}, /* -0 */
    {"letter.csv.gz", "A,B,C,D,E,F,G,H,I,J,K,L,M", false, true, false}, /* -0 */
    {"letter.csv.gz", "A,B,C,D,E,F,G,H,I,J,K,L,M", false, false, false}, /* -0 */
    {"letter.csv.gz", "A,B,C,D,E,F,G,H,I,J,K,L,M", true, true, false}, /* -0 */
    {"letter.csv.gz", "A,B,C,D,E,F,G,H,I,J,K,L,M", true, false, false}, /* -0 */
    {"mnist_3v5.csv.gz", NULL, false, true, true}, /* 1 */
    {"mnist_3v5.csv.gz", NULL, false, false, true}, /* 1 */
    {"mnist_3v5.csv.gz", NULL, true, true, true}, /* 1 */
    {"mnist_3v5.csv.gz", NULL, true, false, true}, /* 1 */
    {"parity8.csv", NULL, false, true, false}, /* -0 */
    {"parity8.csv", NULL, false, false, false}, /* -0 */
    {"parity8.csv", NULL, true, true, false}, /* -0 */
    {"parity8.csv", NULL, true, false, false}, /* -0 */
    {"two_spirals.csv", NULL, false, true, false}, /* -0 */
    {"two_spirals.csv", NULL, false, false, false}, /* -0 */
    {"two_spirals.csv", NULL, true, true, false}, /* -0 */
    {"two_spirals.csv", NULL, true, false, false}, /* -0 */
};
