package org.starbeam.measurement;

import java.util.ArrayList;
import java.util.List;

/** The measurements of the pipeline in their usual combinations. */
public final class StandardSuite {
  private StandardSuite() {}

  /** Everything that the catalogues hold, with apertures of the given radii in pixels. */
  public static MeasurementSuite catalogue(Centroid.Config centroid, int... radii) {
    List<MeasurementPlugin> plugins = new ArrayList<>(forcedPlugins(radii));
    plugins.add(new Centroid(centroid));
    return new MeasurementSuite(plugins);
  }

  /** The same at positions that are given: no centroid. */
  public static MeasurementSuite forced(int... radii) {
    return new MeasurementSuite(forcedPlugins(radii));
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

  private static List<MeasurementPlugin> forcedPlugins(int... radii) {
    return List.of(
        new PixelFlags(),
        new FootprintStatistics(),
        new Shapes(),
        new PsfFlux(true),
        new CircularApertures(radii),
        new CompensatedFluxes(true),
        new GaussianFlux(),
        new Blendedness(),
        new LocalBackground(),
        new Extendedness());
  }
}
