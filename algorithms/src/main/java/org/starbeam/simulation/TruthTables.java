package org.starbeam.simulation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.fits.FitsTable;
import org.starbeam.simulation.SkyObject.Ellipse;
import org.starbeam.simulation.SkyObject.LightCurve;
import org.starbeam.simulation.SkyObject.Type;

/**
 * The tables of {@code truth/}: what is in the frames, for judging a reduction and nothing else.
 */
final class TruthTables {
  private static final int GRID = 17;
  private static final Ellipse NO_ELLIPSE = new Ellipse(0, 0, 1, 0);

  private final Preset preset;
  private final FocalPlane plane;
  private final List<SkyObject> objects;
  private final double[] halfLight;
  private final List<Exposure> exposures;

  TruthTables(
      Preset preset,
      FocalPlane plane,
      List<SkyObject> objects,
      double[] halfLight,
      List<Exposure> exposures) {
    this.preset = preset;
    this.plane = plane;
    this.objects = objects;
    this.halfLight = halfLight;
    this.exposures = exposures;
  }

  /** What one detector of one exposure adds to the truth. */
  record Part(
      Exposure exposure,
      int detector,
      List<FrameSource> sources,
      FrameMaker.@Nullable TrailTruth trail,
      SensorModel.@Nullable Readout readout) {}

  private record Indexed(SkyObject object, double r50) {
    Ellipse disk() {
      return object.shape() == null ? new Ellipse(1, 0, 1, 0) : object.shape().disk();
    }

    Ellipse bulge() {
      return object.shape() == null || object.shape().bulge() == null
          ? NO_ELLIPSE
          : object.shape().bulge();
    }

    double bulgeFlux(int band) {
      return object.shape() == null ? 0 : object.shape().bulgeFlux()[band];
    }

    LightCurve curve() {
      return object.curve() == null ? new LightCurve(0, 0, 0, 0, 0, 0, 0) : object.curve();
    }
  }

  FitsTable objects() {
    List<Indexed> rows = new ArrayList<>();
    for (int i = 0; i < objects.size(); i++) {
      rows.add(new Indexed(objects.get(i), halfLight[i]));
    }
    TableBuilder<Indexed> table =
        new TableBuilder<>("OBJECTS", rows)
            .integer("id", r -> r.object().id())
            .integer("type", r -> r.object().type().ordinal())
            .number("ra", "deg", r -> r.object().ra())
            .number("dec", "deg", r -> r.object().dec())
            .number("pmra", "mas/yr", r -> r.object().pmRa())
            .number("pmdec", "mas/yr", r -> r.object().pmDec())
            .number("parallax", "mas", r -> r.object().parallax());
    for (char band : preset.bands().toCharArray()) {
      int b = SkyObject.bandIndex(band);
      table.number("flux_" + band, "nJy", r -> r.object().flux()[b]);
    }
    for (char band : preset.bands().toCharArray()) {
      int b = SkyObject.bandIndex(band);
      table.number("bulge_flux_" + band, "nJy", r -> r.bulgeFlux(b));
    }
    return table
        .number("bulge_n", "", r -> r.bulge().n())
        .number("bulge_reff", "arcsec", r -> r.bulge().reff())
        .number("bulge_q", "", r -> r.bulge().q())
        .number("bulge_pa", "deg", r -> r.bulge().paDeg())
        .number("disk_n", "", r -> r.disk().n())
        .number("disk_reff", "arcsec", r -> r.disk().reff())
        .number("disk_q", "", r -> r.disk().q())
        .number("disk_pa", "deg", r -> r.disk().paDeg())
        .number("r50", "arcsec", Indexed::r50)
        .integer("host_id", r -> r.object().hostId())
        .integer("blend_id", r -> r.object().blendId())
        .integer("var_kind", r -> r.curve().kind())
        .number("var_amp", "mag", r -> r.curve().amplitudeMag())
        .number("var_period", "d", r -> r.curve().periodDays())
        .number("var_phase", "", r -> r.curve().phase())
        .number("t0_mjd", "d", r -> r.curve().t0Mjd())
        .number("tau_rise", "d", r -> r.curve().riseDays())
        .number("tau_fall", "d", r -> r.curve().fallDays())
        .build();
  }

  private List<Exposure> visitExposures() {
    return exposures.stream().filter(e -> e.visit() != null).toList();
  }

  FitsTable visits() {
    return new TableBuilder<>("VISITS", visitExposures())
        .integer("visit", Exposure::id)
        .text("obsid", Exposure::obsId)
        .integer("day_obs", Exposure::dayObs)
        .integer("seq", Exposure::seq)
        .text("band", Exposure::band)
        .number("mjd", "d", Exposure::midMjd)
        .number("exptime", "s", Exposure::expTime)
        .number("header_ra", "deg", e -> e.visitOrThrow().headerRa())
        .number("header_dec", "deg", e -> e.visitOrThrow().headerDec())
        .number("header_rotpa", "deg", e -> e.visitOrThrow().headerRotPa())
        .number("ra", "deg", e -> e.visitOrThrow().ra())
        .number("dec", "deg", e -> e.visitOrThrow().dec())
        .number("rotpa", "deg", e -> e.visitOrThrow().rotPa())
        .number("distortion_k", "", e -> plane.trueK())
        .number("airmass", "", e -> e.visitOrThrow().airmass())
        .number("zp", "mag", e -> e.visitOrThrow().zeroPoint())
        .number("cloud", "mag", e -> e.visitOrThrow().cloud())
        .vector("cloud_gradient", "", e -> e.visitOrThrow().cloudGradient())
        .number("sky_mag", "mag/arcsec2", e -> e.visitOrThrow().skyMag())
        .number("sky_counts", "electron", e -> e.visitOrThrow().skyCounts())
        .vector("sky_gradient", "", e -> e.visitOrThrow().skyGradient())
        .number("fringe", "", e -> e.visitOrThrow().fringe())
        .number("seeing", "arcsec", e -> e.visitOrThrow().seeing())
        .number("beta", "", e -> e.visitOrThrow().beta())
        .vector("psf_fwhm_poly", "", e -> e.visitOrThrow().fwhmPoly())
        .vector("psf_e1_poly", "", e -> e.visitOrThrow().e1Poly())
        .vector("psf_e2_poly", "", e -> e.visitOrThrow().e2Poly())
        .number("radius_mm", "mm", e -> plane.radiusMm())
        .flag("streak", e -> e.visitOrThrow().trail() != null)
        .flag("bad", Exposure::bad)
        .build();
  }

  FitsTable sources(List<Part> parts) {
    List<FrameSource> rows = parts.stream().flatMap(p -> p.sources().stream()).toList();
    return new TableBuilder<>("VISIT_SOURCES", rows)
        .integer("visit", FrameSource::visit)
        .integer("detector", FrameSource::detector)
        .text("band", s -> String.valueOf(s.band()))
        .integer("id", s -> s.object().id())
        .integer("type", s -> s.object().type().ordinal())
        .number("mjd", "d", FrameSource::mjd)
        .number("ra", "deg", FrameSource::ra)
        .number("dec", "deg", FrameSource::dec)
        .number("x", "pixel", FrameSource::x)
        .number("y", "pixel", FrameSource::y)
        .number("flux", "nJy", FrameSource::flux)
        .number("counts", "electron", FrameSource::counts)
        .single("zp", "mag", FrameSource::zeroPoint)
        .single("snr", "", FrameSource::snr)
        .single("fwhm", "pixel", s -> s.psf().fwhm())
        .single("e1", "", s -> s.psf().e1())
        .single("e2", "", s -> s.psf().e2())
        .single("neff", "pixel2", s -> s.psf().nEff())
        .single("contam", "", FrameSource::contam)
        .single("edge_distance", "pixel", FrameSource::edgeDistance)
        .flag("isolated", FrameSource::isolated)
        .flag("edge", FrameSource::edge)
        .flag("saturated", FrameSource::saturated)
        .flag("saturated_raw", FrameSource::saturatedRaw)
        .build();
  }

  private record Grid(
      long visit, int detector, double[] x, double[] y, double[] ra, double[] dec) {}

  FitsTable wcs() {
    List<Grid> rows = new ArrayList<>();
    for (Exposure e : visitExposures()) {
      OpticsModel optics = new OpticsModel(e.visitOrThrow(), plane, e.expTime());
      for (int d = 0; d < preset.detectors(); d++) {
        rows.add(grid(e, optics, d));
      }
    }
    return new TableBuilder<>("WCS", rows)
        .integer("visit", Grid::visit)
        .integer("detector", Grid::detector)
        .vector("x", "pixel", Grid::x)
        .vector("y", "pixel", Grid::y)
        .vector("ra", "deg", Grid::ra)
        .vector("dec", "deg", Grid::dec)
        .build();
  }

  private static Grid grid(Exposure exposure, OpticsModel optics, int detector) {
    int n = GRID * GRID;
    Grid grid =
        new Grid(
            exposure.id(), detector, new double[n], new double[n], new double[n], new double[n]);
    for (int i = 0; i < n; i++) {
      grid.x[i] = -0.5 + i % GRID * (double) FocalPlane.SIZE / (GRID - 1);
      grid.y[i] = -0.5 + i / GRID * (double) FocalPlane.SIZE / (GRID - 1);
      double[] sky = optics.toSky(detector, grid.x[i], grid.y[i]);
      grid.ra[i] = sky[0];
      grid.dec[i] = sky[1];
    }
    return grid;
  }

  private record CurvePoint(Exposure visit, SkyObject object) {
    double flux() {
      return object.fluxAt(SkyObject.bandIndex(visit.band().charAt(0)), visit.midMjd());
    }

    double staticFlux() {
      return object.type() == Type.SUPERNOVA
          ? 0
          : object.flux()[SkyObject.bandIndex(visit.band().charAt(0))];
    }
  }

  TableBuilder<?> lightCurves() {
    List<CurvePoint> rows = new ArrayList<>();
    for (Exposure e : visitExposures()) {
      for (SkyObject o : objects) {
        if (o.curve() != null) {
          rows.add(new CurvePoint(e, o));
        }
      }
    }
    return new TableBuilder<>("LIGHTCURVES", rows)
        .integer("visit", r -> r.visit().id())
        .text("band", r -> r.visit().band())
        .number("mjd", "d", r -> r.visit().midMjd())
        .integer("id", r -> r.object().id())
        .number("flux", "nJy", CurvePoint::flux)
        .number("static_flux", "nJy", CurvePoint::staticFlux);
  }

  static FitsTable exposures(List<Part> parts) {
    return new TableBuilder<>("EXPOSURES", parts)
        .integer("expid", p -> p.exposure().id())
        .text("obsid", p -> p.exposure().obsId())
        .integer("detector", Part::detector)
        .text("imgtype", p -> p.exposure().kind().name())
        .text("reason", p -> p.exposure().reason())
        .text("band", p -> p.exposure().band())
        .integer("day_obs", p -> p.exposure().dayObs())
        .integer("seq", p -> p.exposure().seq())
        .number("mjd", "d", p -> p.exposure().midMjd())
        .number("exptime", "s", p -> p.exposure().expTime())
        .number("darktime", "s", p -> p.exposure().darkTime())
        .number("level", "electron", p -> p.exposure().level())
        .flag("bad", p -> p.exposure().bad())
        .vector(
            "amp_offsets",
            "adu",
            p -> p.readout() == null ? new double[SensorModel.AMPS] : p.readout().offsets())
        .build();
  }

  private record AmpRow(int detector, int amp, SensorModel.Amplifier a) {}

  static FitsTable amplifiers(List<SensorModel> sensors) {
    List<AmpRow> rows = new ArrayList<>();
    for (int d = 0; d < sensors.size(); d++) {
      for (int a = 0; a < SensorModel.AMPS; a++) {
        rows.add(new AmpRow(d, a, sensors.get(d).amplifiers().get(a)));
      }
    }
    return new TableBuilder<>("AMPLIFIERS", rows)
        .integer("detector", AmpRow::detector)
        .integer("amp", AmpRow::amp)
        .text("name", r -> r.a().name())
        .number("gain", "electron/adu", r -> r.a().gain())
        .number("read_noise", "electron", r -> r.a().readNoise())
        .number("full_well", "electron", r -> r.a().fullWell())
        .number("bias_level", "adu", r -> r.a().biasLevel())
        .number("nl2", "", r -> r.a().nl2())
        .number("nl3", "", r -> r.a().nl3())
        .number("nl_wave", "adu", r -> r.a().nlWave())
        .number("nl_period", "adu", r -> r.a().nlPeriod())
        .number("cti", "", r -> 0)
        .number("trap", "electron", r -> 0)
        .number("trap_q", "electron", r -> 0)
        .number("trap_tau", "pixel", r -> 0)
        .vector("crosstalk", "", r -> r.a().crosstalk())
        .build();
  }

  FitsTable detectors() {
    return new TableBuilder<>("DETECTORS", plane.detectors())
        .integer("detector", FocalPlane.Detector::id)
        .text("name", FocalPlane.Detector::name)
        .integer("nx", d -> FocalPlane.SIZE)
        .integer("ny", d -> FocalPlane.SIZE)
        .number("nominal_x", "mm", FocalPlane.Detector::nominalX)
        .number("nominal_y", "mm", FocalPlane.Detector::nominalY)
        .number("nominal_yaw", "deg", d -> 0)
        .number("true_x", "mm", FocalPlane.Detector::trueX)
        .number("true_y", "mm", FocalPlane.Detector::trueY)
        .number("true_yaw", "deg", FocalPlane.Detector::trueYawDeg)
        .number("distortion_k_nominal", "", d -> plane.nominalK())
        .number("distortion_k_true", "", d -> plane.trueK())
        .build();
  }

  private record DefectRow(int detector, SensorModel.Defect d) {}

  static TableBuilder<?> defects(List<SensorModel> sensors) {
    List<DefectRow> rows = new ArrayList<>();
    for (int d = 0; d < sensors.size(); d++) {
      int detector = d;
      sensors.get(d).defects().forEach(x -> rows.add(new DefectRow(detector, x)));
    }
    return new TableBuilder<>("DEFECTS", rows)
        .integer("detector", DefectRow::detector)
        .integer("x0", r -> r.d().x0())
        .integer("y0", r -> r.d().y0())
        .integer("width", r -> r.d().width())
        .integer("height", r -> r.d().height())
        .text("kind", r -> r.d().kind())
        .number("value", "", r -> r.d().value());
  }

  private record RayRow(Part part, SensorModel.CosmicRay ray) {}

  static TableBuilder<?> cosmicRays(List<Part> parts) {
    List<RayRow> rows = new ArrayList<>();
    for (Part p : parts) {
      if (p.readout() != null) {
        p.readout().cosmicRays().forEach(r -> rows.add(new RayRow(p, r)));
      }
    }
    return new TableBuilder<>("COSMIC_RAYS", rows)
        .integer("expid", r -> r.part().exposure().id())
        .integer("detector", r -> r.part().detector())
        .text("kind", r -> r.ray().kind())
        .number("x0", "pixel", r -> r.ray().x0())
        .number("y0", "pixel", r -> r.ray().y0())
        .number("x1", "pixel", r -> r.ray().x1())
        .number("y1", "pixel", r -> r.ray().y1())
        .number("electrons", "electron", r -> r.ray().electrons());
  }

  private record PixelRow(long exposure, int detector, double[] pixel) {}

  static TableBuilder<?> cosmicPixels(List<Part> parts) {
    List<PixelRow> rows = new ArrayList<>();
    for (Part p : parts) {
      if (p.readout() != null) {
        p.readout()
            .cosmicPixels()
            .forEach(x -> rows.add(new PixelRow(p.exposure().id(), p.detector(), x)));
      }
    }
    return new TableBuilder<>("COSMIC_PIXELS", rows)
        .integer("expid", PixelRow::exposure)
        .integer("detector", PixelRow::detector)
        .integer("x", r -> (long) r.pixel()[0])
        .integer("y", r -> (long) r.pixel()[1])
        .single("electrons", "electron", r -> r.pixel()[2]);
  }

  private record TrailRow(Part part, FrameMaker.TrailTruth trail) {}

  static TableBuilder<?> streaks(List<Part> parts) {
    List<TrailRow> rows = new ArrayList<>();
    for (Part p : parts) {
      if (p.trail() != null) {
        rows.add(new TrailRow(p, p.trail()));
      }
    }
    return new TableBuilder<>("STREAKS", rows)
        .integer("visit", r -> r.part().exposure().id())
        .integer("detector", r -> r.part().detector())
        .text("kind", r -> "SATELLITE")
        .number("x0", "pixel", r -> r.trail().x0())
        .number("y0", "pixel", r -> r.trail().y0())
        .number("x1", "pixel", r -> r.trail().x1())
        .number("y1", "pixel", r -> r.trail().y1())
        .number("sigma_px", "pixel", r -> r.trail().sigmaPx())
        .number("electrons_per_px", "electron", r -> r.trail().electronsPerPx())
        .number("blink_px", "pixel", r -> 0)
        .number("blink_phase", "", r -> 0);
  }

  static TableBuilder<?> referenceMatches(List<ReferenceCatalog.Entry> entries) {
    return new TableBuilder<>("REFCAT_MATCH", entries)
        .integer("refcat_id", ReferenceCatalog.Entry::id)
        .integer("object_id", ReferenceCatalog.Entry::objectId)
        .integer("flaw", ReferenceCatalog.Entry::flaw);
  }
}
