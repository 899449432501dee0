package org.starbeam.modelfit;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.starbeam.image.Box;

/**
 * What a fit found.
 *
 * @param box of the pixels
 * @param models structure of every object
 * @param parameters of the vector behind them
 * @param fluxes by band and component (of all objects in a row), of the last linear solution, which
 *     may be negative; not yet divided by the consistency factor of the PSF
 * @param positive the same of the fit, not negative
 * @param chi2 of every band with the weights of the fit
 * @param used pixels of every band
 * @param bound by parameter, true where it ended at its bound
 * @param covariance of the parameters and then the fluxes, band by band; NaN when singular
 * @param pointChi2 by object, of all bands with that object as a point where it is
 * @param evaluations of the model
 * @param converged false when the evaluations were used up
 */
record FitResult(
    Box box,
    List<SourceModel> models,
    Parameters parameters,
    double[][] fluxes,
    double[][] positive,
    double[] chi2,
    int[] used,
    boolean[] bound,
    double[][] covariance,
    double[] pointChi2,
    int evaluations,
    boolean converged) {
  /** Sum of chi-square over the bands. */
  double totalChi2() {
    double sum = 0;
    for (double c : chi2) {
      sum += c;
    }
    return sum;
  }

  /** True when there are fewer pixels than parameters and fluxes. */
  boolean isUndetermined() {
    int pixels = 0;
    int unknown = parameters.count;
    for (int b = 0; b < used.length; b++) {
      pixels += used[b];
      unknown += used[b] > 0 ? fluxes[b].length : 0;
    }
    return pixels < unknown;
  }

  /** Number of components of the objects before one. */
  private int componentsBefore(int source) {
    return models.subList(0, source).stream().mapToInt(m -> m.components().size()).sum();
  }

  /** Flux of an object in a band, all its components. */
  double flux(int source, int band) {
    double sum = 0;
    int first = componentsBefore(source);
    for (int c = 0; c < models.get(source).components().size(); c++) {
      sum += fluxes[band][first + c];
    }
    return sum;
  }

  /** Standard error of {@link #flux}. */
  double fluxErr(int source, int band) {
    int at = fluxIndex(band) + componentsBefore(source);
    int n = models.get(source).components().size();
    double sum = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        sum += covariance[at + i][at + j];
      }
    }
    return Math.sqrt(sum);
  }

  /** Share of the second component of two in the flux of an object; NaN when it has one. */
  double secondShare(int source, int band) {
    int first = componentsBefore(source);
    return models.get(source).components().size() == 2
        ? positive[band][first + 1] / (positive[band][first] + positive[band][first + 1])
        : Double.NaN;
  }

  private int fluxIndex(int band) {
    return parameters.count + band * fluxes[band].length;
  }

  /** All of an object; fluxes as in {@link #fluxes}. */
  FitDetail detail(int source) {
    int[] bands = IntStream.range(0, used.length).filter(b -> used[b] > 0).toArray();
    int components = models.get(source).components().size();
    int before = componentsBefore(source);
    IntStream.Builder places = IntStream.builder();
    IntStream.range(parameters.first[source], parameters.first[source + 1]).forEach(places);
    double[][] flux = new double[bands.length][];
    for (int k = 0; k < bands.length; k++) {
      int first = fluxIndex(bands[k]) + before;
      IntStream.range(first, first + components).forEach(places);
      flux[k] = Arrays.copyOfRange(fluxes[bands[k]], before, before + components);
    }
    int[] at = places.build().toArray();
    double[][] part = new double[at.length][at.length];
    for (int i = 0; i < at.length; i++) {
      for (int j = 0; j < at.length; j++) {
        part[i][j] = covariance[at[i]][at[j]];
      }
    }
    return new FitDetail(
        bands,
        Parameters.vector(models.get(source)),
        flux,
        part,
        Arrays.stream(bands).mapToDouble(b -> chi2[b]).toArray(),
        Arrays.stream(bands).map(b -> used[b]).toArray());
  }

  /** Covariance of two parameters of an object, by their place in it: 0 and 1 are the centre. */
  double covariance(int source, int i, int j) {
    int first = parameters.first[source];
    return covariance[first + i][first + j];
  }

  /** True when a parameter of that kind of an object ended at its bound. */
  boolean atBound(int source, Parameters.Kind... kinds) {
    for (int i = parameters.first[source]; i < parameters.first[source + 1]; i++) {
      if (bound[i] && List.of(kinds).contains(parameters.kind(i))) {
        return true;
      }
    }
    return false;
  }
}
