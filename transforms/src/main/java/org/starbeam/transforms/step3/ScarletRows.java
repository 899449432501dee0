package org.starbeam.transforms.step3;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.starbeam.deblend.DeblendMethod;
import org.starbeam.deblend.ScarletBlend;
import org.starbeam.image.Box;
import org.starbeam.schema.ScarletBlendRow;
import org.starbeam.schema.ScarletComponent;
import org.starbeam.schema.ScarletSource;

/** Models of blends as rows, and back (specs/04 section 4.9). */
final class ScarletRows {
  private ScarletRows() {}

  /** Where a blend stands in the survey. */
  record Place(long blendId, long parentObjectId, int cellX, int cellY) {}

  /**
   * @param objectId of a source with a peak
   */
  static ScarletBlendRow row(
      ScarletBlend blend, Place place, ToLongFunction<ScarletBlend.Source> objectId) {
    List<ScarletSource> sources = new ArrayList<>();
    for (ScarletBlend.Source source : blend.sources()) {
      sources.add(
          ScarletSource.newBuilder()
              .setObjectId(source.peak() < 0 ? 0 : objectId.applyAsLong(source))
              .setPeakX(source.x())
              .setPeakY(source.y())
              .setComponents(source.parts().stream().map(ScarletRows::component).toList())
              .build());
    }
    return ScarletBlendRow.newBuilder()
        .setBlendId(place.blendId())
        .setParentObjectId(place.parentObjectId())
        .setMethod(blend.method().name())
        .setBands(blend.bands())
        .setMissingBands(blend.missing())
        .setX0(blend.box().x0())
        .setY0(blend.box().y0())
        .setWidth(blend.box().width())
        .setHeight(blend.box().height())
        .setPsfX(blend.psfX())
        .setPsfY(blend.psfY())
        .setCellX(place.cellX())
        .setCellY(place.cellY())
        .setModelSigma(blend.modelSigma())
        .setSources(sources)
        .setIterations(blend.iterations())
        .setLoss(blend.loss())
        .setConverged(blend.converged())
        .build();
  }

  private static ScarletComponent component(ScarletBlend.Part part) {
    List<Float> spectrum = new ArrayList<>();
    for (float s : part.spectrum()) {
      spectrum.add(s);
    }
    ByteBuffer pixels = ByteBuffer.allocate(Float.BYTES * part.morphology().length);
    pixels.asFloatBuffer().put(part.morphology());
    return ScarletComponent.newBuilder()
        .setX0(part.box().x0())
        .setY0(part.box().y0())
        .setWidth(part.box().width())
        .setHeight(part.box().height())
        .setSpectrum(spectrum)
        .setMorphology(pixels)
        .build();
  }

  /**
   * The model of a row; its sources are numbered in their order, its footprint begins in its box.
   */
  static ScarletBlend blend(ScarletBlendRow row) {
    List<ScarletBlend.Source> sources = new ArrayList<>();
    for (ScarletSource source : row.getSources()) {
      sources.add(
          new ScarletBlend.Source(
              source.getObjectId() == 0 ? -1 : sources.size(),
              source.getPeakX(),
              source.getPeakY(),
              source.getComponents().stream().map(ScarletRows::part).toList()));
    }
    return new ScarletBlend(
        DeblendMethod.valueOf(row.getMethod()),
        row.getX0(),
        row.getY0(),
        new Box(row.getX0(), row.getY0(), row.getWidth(), row.getHeight()),
        row.getBands(),
        row.getMissingBands(),
        row.getPsfX(),
        row.getPsfY(),
        row.getModelSigma(),
        sources,
        row.getIterations(),
        row.getLoss(),
        row.getConverged());
  }

  private static ScarletBlend.Part part(ScarletComponent component) {
    float[] spectrum = new float[component.getSpectrum().size()];
    for (int b = 0; b < spectrum.length; b++) {
      spectrum[b] = component.getSpectrum().get(b);
    }
    float[] morphology = new float[component.getWidth() * component.getHeight()];
    component.getMorphology().duplicate().asFloatBuffer().get(morphology);
    return new ScarletBlend.Part(
        new Box(component.getX0(), component.getY0(), component.getWidth(), component.getHeight()),
        spectrum,
        morphology);
  }
}
