/**
 * E[X] behind a batch norm and its ReLU, without data.
 *
 * The norm gives each channel mean beta and deviation |gamma|; taken as normal, its positive part has the mean
 *
 *     E[max(0, z)] = beta * Phi(beta/|gamma|) + |gamma| * phi(beta/|gamma|)
 */
export function expectedRelu(gamma: Float64Array, beta: Float64Array): Float64Array {
  return gamma.map((value, i) => {
    const deviation = Math.abs(value);
    const mean = beta[i]!;
    if (deviation === 0) return Math.max(0, mean);
    const z = mean / deviation;
    return mean * normalCdf(z) + (deviation * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
  });
}

/** Phi, to 1e-15 or so: the series near 0, the continued fraction far out. Source: Marsaglia, J. Statistical Software 11(4), 2004. */
function normalCdf(z: number): number {
  if (z < -38) return 0;
  if (z > 9) return 1;
  if (z < -4) {
    // Lentz needs no care here: the fraction z + 1/(z + 2/(z + ...)) converges fast for large |z|.
    let fraction = -z;
    for (let k = 60; k >= 1; k--) fraction = -z + k / fraction;
    return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / fraction;
  }
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum) && k < 600; k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
