package org.starbeam.measurement;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Fluxes in circular apertures of integer radii in pixels, {@code ap12Flux} for radius 12; flagged
 * where the circle leaves the image or the part of it that has data.
 */
public final class CircularApertures implements MeasurementPlugin {
  private final int[] radii;
  private final SincAperture[] apertures;

  public CircularApertures(int... radii) {
    this(SincAperture::of, radii);
  }

  private CircularApertures(IntFunction<SincAperture> made, int... radii) {
    this.radii = radii.clone();
    this.apertures = Arrays.stream(radii).mapToObj(made).toArray(SincAperture[]::new);
  }

  /** Apertures whose weights are the areas of the pixels inside, of whatever radius. */
  static CircularApertures ofAreas(int... radii) {
    return new CircularApertures(SincAperture::ofAreas, radii);
  }

  @Override
  public String name() {
    return "circularApertureFlux";
  }

  @Override
  public int executionOrder() {
    return FLUX;
  }

  @Override
  public List<String> outputs() {
    List<String> out = new ArrayList<>();
    for (int radius : radii) {
      out.add(Fields.aperture(radius));
      out.add(Fields.err(Fields.aperture(radius)));
    }
    return out;
  }

  @Override
  public void measure(MeasurementFrame frame, MeasuredSource source) {
    for (int i = 0; i < radii.length; i++) {
      String name = Fields.aperture(radii[i]);
      SincAperture.Result result = apertures[i].measure(frame.image(), source.x(), source.y());
      source.set(name, result.flux());
      source.set(Fields.err(name), result.err());
      source.setFlag(Fields.flag(name), !Double.isFinite(result.flux()) || result.noData());
      source.setFlag(Fields.flag(name, "apertureTruncated"), result.truncated());
    }
  }
}
