package org.starbeam.transforms.step3;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.starbeam.modelfit.FitDetail;
import org.starbeam.modelfit.ModelFit;
import org.starbeam.modelfit.ModelFitter.Model;
import org.starbeam.schema.MultiProFitRow;

/**
 * Models of an object as rows (specs/04 section 9.6): at most five of 36 (a point in six bands) to
 * 210 covariances (a bulge and a disk).
 */
final class MultiProFitRows {
  private MultiProFitRows() {}

  /**
   * One row for each model that had pixels.
   *
   * @param bands names of the bands of the fits
   */
  static List<MultiProFitRow> rows(
      long objectId, long parentObjectId, List<String> bands, Map<Model, ModelFit> models) {
    List<MultiProFitRow> out = new ArrayList<>();
    models.forEach(
        (model, fit) -> {
          FitDetail detail = fit.detail();
          if (detail.bands().length > 0) {
            out.add(
                MultiProFitRow.newBuilder()
                    .setObjectId(objectId)
                    .setParentObjectId(parentObjectId)
                    .setModel(Objects.requireNonNull(ModelColumns.PREFIX.get(model)))
                    .setBands(Arrays.stream(detail.bands()).mapToObj(bands::get).toList())
                    .setParameters(Arrays.stream(detail.parameters()).boxed().toList())
                    .setFluxes(
                        Arrays.stream(detail.fluxes())
                            .flatMap(f -> Arrays.stream(f).mapToObj(v -> (float) v))
                            .toList())
                    .setCovariance(triangle(detail.covariance()))
                    .setChi2(Arrays.stream(detail.chi2()).mapToObj(v -> (float) v).toList())
                    .setPixels(Arrays.stream(detail.pixels()).boxed().toList())
                    .setEvaluations(fit.evaluations())
                    .build());
          }
        });
    return out;
  }

  private static List<Float> triangle(double[][] matrix) {
    List<Float> out = new ArrayList<>();
    for (int i = 0; i < matrix.length; i++) {
      for (int j = 0; j <= i; j++) {
        if (!Float.isFinite((float) matrix[i][j])) {
          return List.of();
        }
        out.add((float) matrix[i][j]);
      }
    }
    return out;
  }
}
