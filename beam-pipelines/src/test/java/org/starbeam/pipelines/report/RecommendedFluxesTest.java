package org.starbeam.pipelines.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecommendedFluxesTest {
  private static final List<String> BANDS = List.of("g", "r", "i", "z", "y");

  /** A row whose fluxes are 1 (PSF), 2 (Sersic), 3 (cModel), 4 (GAaP) and 5 (optimal). */
  private static String row(long id, String extra) {
    StringBuilder sql = new StringBuilder("select ").append(id).append("::bigint as objectId");
    sql.append(", 150.0 as coord_ra, 2.0 as coord_dec, true as detect_isPrimary");
    for (String band : BANDS) {
      int flux = 1;
      for (String name :
          List.of("psfFlux", "sersicFlux", "cModelFlux", "gaap1p0Flux", "gaapOptimalFlux")) {
        sql.append(", %d.0 as %s_%s, 0.1 as %s_%sErr".formatted(flux++, band, name, band, name));
      }
      sql.append(", 0.5 as %s_gaap1p0Flux_deblendDelta".formatted(band));
    }
    return "select * replace ("
        + extra
        + ") from ("
        + sql
        + ", 1.0 as refExtendedness,"
        + " 'sersic' as recommendedFluxType, false as sersic_super_spreader_flag)";
  }

  private static Map<Integer, String> answers(String what) {
    Map<Integer, String> out = new java.util.TreeMap<>();
    try (RunDatabase database = new RunDatabase(Map.of())) {
      database.createView(
          "Object",
          String.join(
              " union all ",
              List.of(
                  row(1, "0.0 as refExtendedness"),
                  row(2, "1.0 as refExtendedness"),
                  row(3, "'cModel' as recommendedFluxType"),
                  row(4, "null::varchar as recommendedFluxType"),
                  row(5, "null::double as r_gaap1p0Flux"),
                  row(6, "3.5 as i_gaap1p0Flux_deblendDelta, -4.0 as z_gaap1p0Flux_deblendDelta"),
                  row(7, "true as sersic_super_spreader_flag"),
                  row(8, "false as detect_isPrimary"))));
      List<String> columns = database.texts("select column_name from (describe Object)");
      String query = RecommendedFluxes.query(columns).orElseThrow();
      database.createView(RecommendedFluxes.VIEW, query);
      database.each(
          "select objectId, " + what + " from recommended",
          row -> out.put(row.getInt(1), String.valueOf(row.getObject(2))));
    }
    return out;
  }

  @Test
  void totalsAreOfPointSourcesOrOfTheModelThatIsToBeTrusted() {
    assertThat(answers("r_flux"))
        .containsEntry(1, "1.0")
        .containsEntry(2, "2.0")
        .containsEntry(3, "3.0")
        .containsEntry(4, "null")
        .doesNotContainKey(8);
  }

  @Test
  void coloursAreOfOneApertureInAllBands() {
    assertThat(answers("g_colourFlux"))
        .containsEntry(1, "1.0")
        .containsEntry(2, "4.0")
        .containsEntry(5, "5.0");
    assertThat(answers("r_colourFlux")).containsEntry(5, "5.0");
  }

  @Test
  void readyForPhotometricRedshiftsAreThoseOfFourGoodBands() {
    assertThat(answers("photoz_ready"))
        .containsEntry(2, "true")
        .containsEntry(5, "true")
        .containsEntry(6, "false")
        .containsEntry(7, "false");
  }

  @Test
  void aTableWithoutWhatIsNeededHasNoView() {
    List<String> columns = new ArrayList<>(List.of("objectId", "r_psfFlux", "refExtendedness"));
    assertThat(RecommendedFluxes.query(columns)).isEmpty();
  }
}
