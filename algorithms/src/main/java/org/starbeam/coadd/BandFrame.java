package org.starbeam.coadd;

import java.util.List;
import org.starbeam.detection.Footprint;
import org.starbeam.detection.FootprintSet;
import org.starbeam.gaap.Aperture;
import org.starbeam.gaap.CellDuals;
import org.starbeam.gaap.GaapPhotometer;
import org.starbeam.image.Box;
import org.starbeam.measurement.Centroid;
import org.starbeam.measurement.Extendedness;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.KronAperture;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.measurement.MeasurementFrame;
import org.starbeam.measurement.MeasurementSuite;
import org.starbeam.measurement.NeighbourNoise;
import org.starbeam.measurement.PsfFlux;
import org.starbeam.measurement.StandardSuite;
import org.starbeam.modelfit.PsfMixture;

/**
 * One band of a region while its objects are measured: its pixels with all sources replaced by
 * noise, into which one at a time is put back, and what is made once for each cell of its PSF.
 * Measured fluxes leave in the scale of the calibration flux, errors with the correlation of the
 * noise ({@link PsfResponse}).
 */
final class BandFrame {
  /** The measurements of an object, the same in every band. */
  static final class Suites {
    private final MeasurementSuite free;
    private final MeasurementSuite forced;
    private final MeasurementSuite psf = new MeasurementSuite(List.of(new PsfFlux(true)));
    private final int[] radii;

    /**
     * @param radii of apertures in pixels, 12 among them
     */
    Suites(int... radii) {
      this.radii = radii.clone();
      free = StandardSuite.coadd(Centroid.Config.defaults(), radii);
      forced = StandardSuite.coaddForced(radii);
    }
  }

  final CoaddBand band;
  final NeighbourNoise noise;
  final NeighbourNoise subtracted;
  final BackgroundVariance background;
  private final Suites suites;
  private final MeasurementFrame frame;
  private final MeasurementFrame subtractedFrame;
  private final MeasurementFrame everything;
  private final GaapPhotometer.Band gaap;
  private final CellValues<PsfResponse> responses;
  private final CellValues<CellDuals> duals;
  private final CellValues<PsfMixture> mixtures;

  BandFrame(
      CoaddBand band,
      FootprintSet sources,
      long seed,
      int cellSize,
      Suites suites,
      GaapPhotometer photometer) {
    this.band = band;
    this.suites = suites;
    noise = new NeighbourNoise(band.image(), sources, seed);
    frame = new MeasurementFrame(noise.image(), band.image(), band.psf());
    subtracted = new NeighbourNoise(band.image(), sources, seed);
    subtractedFrame = new MeasurementFrame(subtracted.image(), band.image(), band.psf());
    everything = new MeasurementFrame(band.image(), band.psf());
    background = new BackgroundVariance(band.image(), sources, cellSize);
    gaap = photometer.band(band.noise());
    responses = new CellValues<>(cellSize);
    duals = new CellValues<>(cellSize);
    mixtures = new CellValues<>(cellSize);
  }

  String name() {
    return band.band();
  }

  /** Replaces a footprint by noise again, whatever of it is in. */
  void remove(Footprint footprint) {
    noise.remove(footprint);
    subtracted.remove(footprint);
  }

  CoaddModels.Band modelled() {
    return new CoaddModels.Band(noise.image(), band, background, mixtures);
  }

  CellDuals duals(double x, double y) {
    return duals.at(x, y, () -> gaap.cell(band.psf(), x, y));
  }

  PsfResponse response(double x, double y) {
    return responses.at(x, y, () -> PsfResponse.of(band, x, y, suites.forced, suites.radii));
  }

  /** Measures a source with a centroid of its own; a sky position, which has no pixels, stays. */
  void measureFree(MeasuredSource source, boolean blended) {
    measure(source.footprint() == null ? suites.forced : suites.free, source, blended);
    source.set(Fields.NEIGHBOUR_LIGHT, neighbourLight(source));
  }

  /**
   * Measures a source where it is.
   *
   * @return see {@link ObjectBlend.Band#psfFluxDelta}
   */
  double measureForced(MeasuredSource source, boolean blended) {
    return measure(suites.forced, source, blended);
  }

  /**
   * @param blended whether the point-source flux is taken on the pixels less the models of the
   *     neighbours
   */
  private double measure(MeasurementSuite suite, MeasuredSource source, boolean blended) {
    suite.measure(frame, source);
    double delta = Double.NaN;
    if (blended) {
      double shared = source.get(Fields.PSF_FLUX);
      suites.psf.measure(subtractedFrame, source);
      delta = (shared - source.get(Fields.PSF_FLUX)) / source.get(Fields.err(Fields.PSF_FLUX));
    }
    correct(source);
    suite.finish(frame, source);
    return delta;
  }

  /** Adds the point-source flux at a source with all its neighbours in the pixels. */
  void measureUndeblended(MeasuredSource source) {
    MeasuredSource place = MeasuredSource.at(source.x(), source.y());
    suites.psf.measure(everything, place);
    double correction = response(source.x(), source.y()).psfCorrection();
    source.set(Fields.UNDEBLENDED_PSF_FLUX, place.get(Fields.PSF_FLUX) * correction);
  }

  private void correct(MeasuredSource source) {
    PsfResponse response = response(source.x(), source.y());
    scale(source, Fields.PSF_FLUX, response.psfCorrection(), response.psfErrorFactor());
    scale(source, Fields.GAUSSIAN_FLUX, response.gaussianCorrection(), response.psfErrorFactor());
    source.set(Fields.TRACE_ERR, source.get(Fields.TRACE_ERR) * response.sizeErrorFactor());
    scale(source, Fields.CALIB_FLUX, response.calibCorrection(), response.apertureError(12));
    for (int radius : suites.radii) {
      scale(source, Fields.aperture(radius), 1, response.apertureError(radius));
    }
    double factor = response.psfErrorFactor();
    source.set(Fields.X_ERR, source.get(Fields.X_ERR) * factor);
    source.set(Fields.Y_ERR, source.get(Fields.Y_ERR) * factor);
    source.set(Fields.XY_COV, source.get(Fields.XY_COV) * factor * factor);
  }

  /** The Kron aperture of a source as this band sees it. */
  KronAperture kron(MeasuredSource source) {
    double largest =
        source.footprint() == null ? 0 : Math.sqrt(source.footprint().spans().area() / Math.PI);
    boolean shaped = !source.flag(Fields.flag(Fields.SHAPE));
    double[] moments = {
      shaped ? source.get(Fields.IXX) : Double.NaN, source.get(Fields.IYY), source.get(Fields.IXY)
    };
    return KronAperture.of(
        noise.image(),
        source.x(),
        source.y(),
        moments,
        band.psf().shape(source.x(), source.y()),
        largest);
  }

  /**
   * Adds the flux in an aperture to a source, as large as that of a point source would be: the part
   * of the PSF outside the aperture is another in each band.
   */
  void measureKron(KronAperture aperture, MeasuredSource source) {
    double x = source.x();
    double y = source.y();
    KronAperture.Result result = aperture.measure(noise.image(), x, y);
    PsfResponse response = response(x, y);
    double inside = aperture.part(band.psf().kernelImage(x, y));
    source.set(Fields.KRON_RADIUS, aperture.radius());
    source.set(Fields.KRON_FLUX, result.flux());
    source.set(Fields.err(Fields.KRON_FLUX), result.err());
    scale(
        source,
        Fields.KRON_FLUX,
        inside > 0 ? response.sumCorrection() / inside : Double.NaN,
        response.apertureError(KronAperture.FACTOR * aperture.radius()));
    boolean failed =
        result.truncated() || result.noData() || aperture.badShape() || aperture.badRadius();
    source.setFlag(Fields.flag(Fields.KRON_FLUX), failed);
  }

  /** Composite flux in the scale of the others, and what it says of stars and galaxies. */
  void finish(MeasuredSource source) {
    scale(source, CoaddModels.C_MODEL_FLUX, response(source.x(), source.y()).psfCorrection(), 1);
    double model = source.get(CoaddModels.C_MODEL_FLUX);
    double psf = source.get(Fields.PSF_FLUX);
    source.setFlag(Fields.flag(Fields.EXTENDEDNESS), Double.isNaN(model + psf));
    source.set(
        Fields.EXTENDEDNESS, Double.isNaN(model + psf) ? Double.NaN : Extendedness.of(psf, model));
  }

  private static void scale(
      MeasuredSource source, String flux, double correction, double errorFactor) {
    source.set(flux, source.get(flux) * correction);
    source.set(Fields.err(flux), source.get(Fields.err(flux)) * correction * errorFactor);
  }

  /** sum(w (all - own)) / sum(w own) with the moments of the PSF, doubled, as weight. */
  private double neighbourLight(MeasuredSource source) {
    Aperture psf = duals(source.x(), source.y()).shape();
    Aperture weight = psf.plus(psf);
    if (!weight.isValid()) {
      return Double.NaN;
    }
    int reach = (int) Math.ceil(3 * Math.sqrt(weight.largest()));
    Box box =
        Box.around((int) Math.rint(source.x()), (int) Math.rint(source.y()), reach)
            .intersect(band.image().box());
    double all = 0;
    double own = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double w = weight.weight(x - source.x(), y - source.y());
        all += w * band.image().image().get(x, y);
        own += w * noise.image().image().get(x, y);
      }
    }
    return own > 0 ? Math.max(0, all - own) / own : Double.NaN;
  }
}
