package org.starbeam.transforms.step5;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.starbeam.association.DiaSourceAssociator.DiaGroup;
import org.starbeam.association.DiaSourceAssociator.Place;
import org.starbeam.association.LightCurveStatistics;
import org.starbeam.association.LightCurveStatistics.Epoch;
import org.starbeam.association.MeanPlace;
import org.starbeam.schema.DiaObjectBand;
import org.starbeam.schema.DiaObjectRow;
import org.starbeam.schema.DiaSourceRow;
import org.starbeam.schema.ForcedSourceOnDiaObjectRow;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.IdPacker;
import org.starbeam.transforms.dataset.RowFiller;
import org.starbeam.transforms.sky.SkyRouting;

/** Rows of DiaObject: what the DiaSources of an object say, then what its forced fluxes add. */
final class DiaObjectRows {
  /** Columns that come from the DiaSources alone. */
  static final List<String> FROM_SOURCES =
      List.of(
          "diaObjectId",
          "ra",
          "dec",
          "raErr",
          "decErr",
          "ra_dec_Cov",
          "radecMjdTai",
          "patch",
          "tract",
          "nDiaSources",
          "firstDiaSourceMjdTai",
          "lastDiaSourceMjdTai",
          "{band}_psfFluxMean",
          "{band}_psfFluxMeanErr",
          "{band}_psfFluxSigma",
          "{band}_psfFluxMin",
          "{band}_psfFluxMax",
          "{band}_psfFluxMaxSlope",
          "{band}_psfFluxErrMean",
          "{band}_psfFluxNdata",
          "{band}_psfFluxMAD",
          "{band}_psfFluxChi2",
          "{band}_psfFluxLinearSlope",
          "{band}_psfFluxLinearIntercept",
          "{band}_psfFluxSkew",
          "{band}_psfFluxStetsonJ",
          "{band}_psfFluxPercentile05",
          "{band}_psfFluxPercentile25",
          "{band}_psfFluxPercentile50",
          "{band}_psfFluxPercentile75",
          "{band}_psfFluxPercentile95",
          "{band}_scienceFluxMean",
          "{band}_scienceFluxMeanErr",
          "{band}_scienceFluxSigma");

  private static final List<String> ADDED =
      List.of(
          "nearbyObj1",
          "nearbyObj1Dist",
          "nearbyObj2",
          "nearbyObj2Dist",
          "nearbyObj3",
          "nearbyObj3Dist",
          "{band}_forced_psfFluxMean",
          "{band}_forced_psfFluxMeanErr",
          "{band}_forced_psfFluxSigma",
          "{band}_forced_psfFluxNdata",
          "{band}_forced_psfFluxChi2");

  private static final RowFiller FILL = new RowFiller(DiaObjectRow.getClassSchema());
  private static final RowFiller BAND = new RowFiller(DiaObjectBand.getClassSchema());

  private DiaObjectRows() {}

  /** All columns that are filled. */
  static List<String> columns() {
    List<String> out = new ArrayList<>(FROM_SOURCES);
    out.addAll(ADDED);
    return out;
  }

  /**
   * The row of an object.
   *
   * @param members its DiaSources, by rising id
   */
  static DiaObjectRow row(int release, DiaGroup group, List<DiaSourceRow> members) {
    DiaObjectRow row = new DiaObjectRow();
    Place first = group.place();
    row.setDiaObjectId(
        IdPacker.pack(
            new IdPacker.Sky(
                release,
                SkyRouting.SKYMAP_NUMBER,
                first.tract(),
                first.patch(),
                IdPacker.Role.DIA_OBJECT.code(),
                first.counter())));
    place(row, members);
    row.setNDiaSources((long) members.size());
    double[] times =
        members.stream().mapToDouble(DiaSourceRow::getMidpointMjdTai).sorted().toArray();
    row.setFirstDiaSourceMjdTai(times[0]);
    row.setLastDiaSourceMjdTai(times[times.length - 1]);
    Map<String, List<DiaSourceRow>> byBand = new TreeMap<>();
    members.forEach(s -> byBand.computeIfAbsent(s.getBand(), b -> new ArrayList<>()).add(s));
    Map<String, DiaObjectBand> bands = new HashMap<>();
    byBand.forEach((band, sources) -> bands.put(band, band(sources)));
    row.setBands(bands);
    return row;
  }

  private static void place(DiaObjectRow row, List<DiaSourceRow> members) {
    MeanPlace mean =
        MeanPlace.of(
            members.stream()
                .map(
                    s ->
                        new MeanPlace.Fix(
                            s.getRa(),
                            s.getDec(),
                            number(s.getRaErr()),
                            number(s.getDecErr()),
                            number(s.getRaDecCov()),
                            s.getMidpointMjdTai()))
                .toList());
    SkyPoint p = mean.place();
    row.setRa(p.raDeg());
    row.setDec(p.decDeg());
    FILL.number(row, "raErr", mean.raErrDeg());
    FILL.number(row, "decErr", mean.decErrDeg());
    FILL.number(row, "ra_dec_Cov", mean.covDeg2());
    row.setRadecMjdTai(mean.mjdTai());
    RingsSkyMap map = RingsSkyMap.defaults();
    Tract tract = map.tract(map.tractOf(p.raDeg(), p.decDeg()));
    double[] pixel = tract.wcs().toPixel(p.raDeg(), p.decDeg());
    row.setTract((long) tract.id());
    row.setPatch(
        (long) tract.patchOf((int) Math.floor(pixel[0] + 0.5), (int) Math.floor(pixel[1] + 0.5)));
  }

  private static DiaObjectBand band(List<DiaSourceRow> sources) {
    List<Epoch> changed = new ArrayList<>();
    List<Epoch> direct = new ArrayList<>();
    for (DiaSourceRow s : sources) {
      double time = s.getMidpointMjdTai();
      long id = s.getDiaSourceId();
      if (!Boolean.TRUE.equals(s.getPsfFluxFlag())) {
        changed.add(new Epoch(time, id, number(s.getPsfFlux()), number(s.getPsfFluxErr())));
      }
      if (!Boolean.TRUE.equals(s.getForcedPsfFluxFlag())) {
        direct.add(new Epoch(time, id, number(s.getScienceFlux()), number(s.getScienceFluxErr())));
      }
    }
    DiaObjectBand band = empty();
    LightCurveStatistics s = LightCurveStatistics.of(changed);
    mean(band, "psfFlux", s);
    BAND.number(band, "psfFluxNdata", s.ndata());
    BAND.number(band, "psfFluxMin", s.min());
    BAND.number(band, "psfFluxMax", s.max());
    BAND.number(band, "psfFluxMaxSlope", s.maxSlope());
    BAND.number(band, "psfFluxErrMean", s.errMean());
    BAND.number(band, "psfFluxMAD", s.mad());
    BAND.number(band, "psfFluxChi2", s.chi2());
    BAND.number(band, "psfFluxLinearSlope", s.slope());
    BAND.number(band, "psfFluxLinearIntercept", s.intercept());
    BAND.number(band, "psfFluxSkew", s.skew());
    BAND.number(band, "psfFluxStetsonJ", s.stetsonJ());
    for (int i = 0; i < s.percentiles().size(); i++) {
      String column = "psfFluxPercentile%02d".formatted(LightCurveStatistics.PERCENTS.get(i));
      BAND.number(band, column, s.percentiles().get(i));
    }
    mean(band, "scienceFlux", LightCurveStatistics.of(direct));
    return band;
  }

  private static void mean(DiaObjectBand band, String flux, LightCurveStatistics s) {
    BAND.number(band, flux + "Mean", s.mean());
    BAND.number(band, flux + "MeanErr", s.meanErr());
    BAND.number(band, flux + "Sigma", s.sigma());
  }

  private static DiaObjectBand empty() {
    DiaObjectBand band = new DiaObjectBand();
    band.setPsfFluxNdata(0);
    band.setForcedPsfFluxNdata(0);
    return band;
  }

  /** Every row has every band, so that numbers of epochs are 0 and not null. */
  static void fillAbsentBands(List<DiaObjectRow> rows, Collection<String> more) {
    TreeSet<String> bands = new TreeSet<>(more);
    rows.forEach(row -> bands.addAll(row.getBands().keySet()));
    for (DiaObjectRow row : rows) {
      Map<String, DiaObjectBand> all = new HashMap<>(row.getBands());
      bands.forEach(band -> all.computeIfAbsent(band, b -> empty()));
      row.setBands(all);
    }
  }

  /** Adds the statistics of the forced difference fluxes of one object in one band. */
  static void addForced(DiaObjectBand band, List<ForcedSourceOnDiaObjectRow> rows) {
    LightCurveStatistics s =
        LightCurveStatistics.of(
            rows.stream()
                .filter(r -> !Boolean.TRUE.equals(r.getPsfDiffFluxFlag()))
                .map(
                    r ->
                        new Epoch(
                            r.getMidpointMjdTai(),
                            r.getDetector(),
                            number(r.getPsfDiffFlux()),
                            number(r.getPsfDiffFluxErr())))
                .toList());
    mean(band, "forced_psfFlux", s);
    BAND.number(band, "forced_psfFluxNdata", s.ndata());
    BAND.number(band, "forced_psfFluxChi2", s.chi2());
  }

  /**
   * Sets a neighbour.
   *
   * @param column name of the column with its id
   * @param id 0 when there is none, then the distance is NaN
   */
  static void nearby(DiaObjectRow row, String column, long id, double distanceArcsec) {
    FILL.value(row, column, id);
    FILL.number(row, column + "Dist", distanceArcsec);
  }

  /** A number that may be missing, NaN then. */
  static double number(@Nullable Float value) {
    return value == null ? Double.NaN : value;
  }
}
