package org.starbeam.measurement;

import java.util.ArrayList;
import java.util.List;

/** The measurements of the pipeline in their usual combinations. */
public final class StandardSuite {
  private StandardSuite() {}

  /** Everything that the catalogues hold, with apertures of the given radii in pixels. */
  public static MeasurementSuite catalogue(Centroid.Config centroid, int... radii) {
    return withCentroid(centroid, fluxes(new CircularApertures(radii)));
  }

  /** The same at positions that are given: no centroid. */
  public static MeasurementSuite forced(int... radii) {
    return new MeasurementSuite(fluxes(new CircularApertures(radii)));
  }

  /** Everything on coadds, whose apertures are areas. */
  public static MeasurementSuite coadd(Centroid.Config centroid, int... radii) {
    return withCentroid(centroid, fluxes(CircularApertures.ofAreas(radii)));
  }

  /** The same at positions that are given: no centroid. */
  public static MeasurementSuite coaddForced(int... radii) {
    return new MeasurementSuite(fluxes(CircularApertures.ofAreas(radii)));
  }

  private static MeasurementSuite withCentroid(
      Centroid.Config centroid, List<MeasurementPlugin> fluxes) {
    List<MeasurementPlugin> plugins = new ArrayList<>(fluxes);
    plugins.add(new Centroid(centroid));
    return new MeasurementSuite(plugins);
  }

  /** What choosing PSF stars needs. */
  public static MeasurementSuite stars(Centroid.Config centroid) {
    return new MeasurementSuite(
        List.of(
            new Centroid(centroid),
            new PixelFlags(),
            new FootprintStatistics(),
            new Shapes(),
            new PsfFlux()));
  }

  private static List<MeasurementPlugin> fluxes(CircularApertures apertures) {
    return List.of(
        new PixelFlags(),
        new FootprintStatistics(),
        new Shapes(),
        new PsfFlux(true),
        apertures,
        new CompensatedFluxes(true),
        new GaussianFlux(),
        new Blendedness(),
        new LocalBackground(),
        new Extendedness());
  }
}
