package org.starbeam.modelfit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.modelfit.ModelFit.Flag;
import org.starbeam.modelfit.ModelFitter.Config;
import org.starbeam.modelfit.ModelFitter.Model;
import org.starbeam.modelfit.ModelFitter.PixelSource;
import org.starbeam.photometry.PhotoCalib;

/** All models of one group of objects on the same pixels. */
final class GroupFit {
  /** Moments see the core: the index needs the wings, where no neighbour is only held. */
  private static final double ALONE_SIGMAS = 4.5;

  private static final double CROWDED_SIGMAS = 3;
  private static final double MIN_HALF = 7;

  /** Gaussians narrower than this part of the PSF are one; sizes of exponentials may still grow. */
  private static final double MERGED_SIGMAS = 0.3;

  private static final double MAX_MAGNITUDE_OFFSET = 12.5;
  private static final double CENTRE_SIGMA = 1;
  private static final double SPREADER_SNR = 20;
  private static final double SPREADER_RATIO = 3;
  private static final double DRIFT_SIGMAS = 3;
  private static final double BULGE_SIZE = 0.4;
  private static final double BULGE_INDEX = 4;

  /** Magnitude at which the mean size is that of the configuration, and its slope. */
  private record SizePrior(double magnitude, double slope) {}

  private static final Map<Model, SizePrior> SIZES =
      Map.of(
          Model.EXPONENTIAL, new SizePrior(23.4, -0.14),
          Model.DEV, new SizePrior(21.2, -0.14),
          Model.SERSIC, new SizePrior(22.6, -0.15),
          Model.BULGE_DISK, new SizePrior(23.4, -0.14));

  private final Config config;
  private final List<ModelTarget> members;
  private final List<BandPixels> bands;
  private final Box box;
  private final double psfSigma;
  private final double sigmas;
  private final List<Map<Model, ModelFit>> out = new ArrayList<>();

  GroupFit(
      Config config,
      int bandCount,
      PixelSource source,
      Box limits,
      List<ModelTarget> members,
      List<HeldModel> held) {
    this.config = config;
    this.members = members;
    this.sigmas = held.isEmpty() ? ALONE_SIGMAS : CROWDED_SIGMAS;
    this.box = region(limits);
    this.bands = new ArrayList<>();
    double sigma = 0;
    for (int b = 0; b < bandCount; b++) {
      BandPixels pixels = source.pixels(b, box);
      trim(pixels);
      subtract(b, pixels, held);
      bands.add(pixels);
      sigma += pixels.psf().effectiveSigma() / bandCount;
    }
    this.psfSigma = sigma;
    members.forEach(m -> out.add(new EnumMap<>(Model.class)));
  }

  private void subtract(int band, BandPixels pixels, List<HeldModel> held) {
    if (held.isEmpty()) {
      return;
    }
    double[] image = new double[pixels.data().length];
    GaussianRenderer renderer = new GaussianRenderer(box);
    held.forEach(h -> h.add(band, pixels.psf(), renderer, image));
    for (int p = 0; p < image.length; p++) {
      if (pixels.weight()[p] > 0) {
        pixels.data()[p] -= image[p];
      }
    }
  }

  private Box region(Box limits) {
    Box all = Box.EMPTY;
    int most = (int) Math.sqrt(config.maxPixels()) / 2;
    for (ModelTarget m : members) {
      EllipseShape shape = m.moments();
      double halfX = shape == null ? MIN_HALF : sigmas * shape.sigmaX();
      double halfY = shape == null ? MIN_HALF : sigmas * shape.sigmaY();
      int dx = (int) Math.min(most, Math.ceil(Math.max(MIN_HALF, halfX)));
      int dy = (int) Math.min(most, Math.ceil(Math.max(MIN_HALF, halfY)));
      int x = (int) Math.rint(m.x());
      int y = (int) Math.rint(m.y());
      all = all.union(Box.ofCorners(x - dx, y - dy, x + dx, y + dy));
    }
    return all.intersect(limits);
  }

  /** Leaves out the pixels that lie in the ellipse of no member. */
  private void trim(BandPixels pixels) {
    boolean[] inside = new boolean[box.area()];
    for (ModelTarget m : members) {
      mark(inside, m);
    }
    for (int p = 0; p < inside.length; p++) {
      if (!inside[p]) {
        pixels.weight()[p] = 0;
        pixels.data()[p] = 0;
      }
    }
  }

  private void mark(boolean[] inside, ModelTarget m) {
    double least = MIN_HALF / sigmas;
    EllipseShape s = m.moments() == null ? new EllipseShape(least, least, 0) : m.moments();
    double xx = Math.max(least * least, s.xx());
    double yy = Math.max(least * least, s.yy());
    double det = xx * yy - s.xy() * s.xy();
    double limit = sigmas * sigmas * det;
    int p = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      double dy = y - m.y();
      for (int x = box.x0(); x < box.x1(); x++) {
        double dx = x - m.x();
        inside[p++] |= yy * dx * dx - 2 * s.xy() * dx * dy + xx * dy * dy <= limit;
      }
    }
  }

  /**
   * What stands for the members while others are fitted: the Sersic profile, else the exponential,
   * else the point; before there was a fit when all failed.
   */
  List<HeldModel> heldModels() {
    if (hasNoPixels()) {
      double[] none = new double[bands.size()];
      Arrays.fill(none, Double.NaN);
      return points().stream().map(point -> new HeldModel(point, none)).toList();
    }
    FitResult disks = structure(Model.EXPONENTIAL, disks(), JointFit.Config.fixedProfile());
    FitResult sersics = structure(Model.SERSIC, sersics(disks), JointFit.Config.freeProfile());
    FitResult points = null;
    List<HeldModel> held = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      FitResult best = isFailed(sersics, i) ? disks : sersics;
      if (isFailed(best, i)) {
        points =
            points == null
                ? structure(Model.POINT, points(), JointFit.Config.fixedProfile())
                : points;
        best = points;
      }
      held.add(
          isFailed(best, i)
              ? HeldModel.of(members.get(i))
              : new HeldModel(best.models().get(i), fluxes(best, i)));
    }
    return held;
  }

  private boolean hasNoPixels() {
    return box.isEmpty() || bands.stream().allMatch(b -> b.used() == 0);
  }

  List<Map<Model, ModelFit>> run() {
    if (hasNoPixels()) {
      for (int i = 0; i < members.size(); i++) {
        SourceModel point = SourceModel.point(members.get(i).x(), members.get(i).y());
        out.get(i).put(Model.POINT, nothing(point, Flag.NO_DATA));
        out.get(i).put(Model.EXPONENTIAL, nothing(point, Flag.NO_DATA));
        out.get(i).put(Model.SERSIC, nothing(point, Flag.NO_DATA));
      }
      return out;
    }
    FitResult points = fit(Model.POINT, points(), JointFit.Config.fixedProfile());
    keep(Model.POINT, points, points.totalChi2(), m -> true);
    FitResult disks = fit(Model.EXPONENTIAL, disks(), JointFit.Config.fixedProfile());
    double pointChi2 = points.totalChi2();
    keep(Model.EXPONENTIAL, disks, pointChi2, m -> true);
    FitResult sersics = fit(Model.SERSIC, sersics(disks), JointFit.Config.freeProfile());
    keep(Model.SERSIC, sersics, pointChi2, m -> true);
    if (members.stream().anyMatch(m -> m.snr() > config.devSnr())) {
      FitResult devs = fit(Model.DEV, devs(disks), JointFit.Config.fixedProfile());
      keep(Model.DEV, devs, pointChi2, m -> m.snr() > config.devSnr());
    }
    boolean[] wanted = resolved(disks);
    if (any(wanted)) {
      FitResult both =
          fit(Model.BULGE_DISK, bulgeDisks(disks, sersics, wanted), JointFit.Config.freeProfile());
      keep(Model.BULGE_DISK, both, pointChi2, m -> wanted[members.indexOf(m)]);
    }
    return out;
  }

  private static boolean any(boolean[] values) {
    for (boolean v : values) {
      if (v) {
        return true;
      }
    }
    return false;
  }

  private FitResult fit(Model model, List<SourceModel> start, JointFit.Config how) {
    return JointFit.fit(bands, merged(model, start), points(), priors(model), how);
  }

  private FitResult structure(Model model, List<SourceModel> start, JointFit.Config how) {
    return JointFit.structure(bands, merged(model, start), points(), priors(model), how);
  }

  private List<SourceModel> merged(Model model, List<SourceModel> start) {
    double narrow = model == Model.EXPONENTIAL ? 0 : MERGED_SIGMAS * psfSigma;
    return start.stream().map(m -> m.merging(narrow)).toList();
  }

  private List<ShapePrior> priors(Model model) {
    return members.stream().map(m -> prior(model, m)).toList();
  }

  private ShapePrior prior(Model model, ModelTarget m) {
    SizePrior size = SIZES.get(model);
    ShapePrior prior = ShapePrior.NONE;
    if (size != null) {
      double magnitude = PhotoCalib.NANOJANSKY_ZERO_POINT - 2.5 * Math.log10(m.totalFlux());
      double offset = magnitude - size.magnitude;
      offset = Math.max(-MAX_MAGNITUDE_OFFSET, Math.min(MAX_MAGNITUDE_OFFSET, offset));
      prior =
          new ShapePrior(
              config.pointSize() - Math.log10(config.pixelArcsec()) + size.slope * offset,
              config.sizeSigma(),
              false,
              config.axisRatio(),
              config.axisRatioSigma(),
              1,
              config.indexSigma(),
              m.x(),
              m.y(),
              Double.POSITIVE_INFINITY);
    }
    return members.size() > 1 ? prior.around(m.x(), m.y(), CENTRE_SIGMA) : prior;
  }

  private boolean isHeldAsPoint(ModelTarget m) {
    return members.size() > 1 && !(m.snr() >= config.minSnr());
  }

  private List<SourceModel> points() {
    return members.stream().map(m -> SourceModel.point(m.x(), m.y())).toList();
  }

  private List<SourceModel> disks() {
    return members.stream()
        .map(
            m ->
                isHeldAsPoint(m)
                    ? SourceModel.point(m.x(), m.y())
                    : SourceModel.fixed(m.x(), m.y(), EllipseShape.start(m.moments(), psfSigma), 1))
        .toList();
  }

  private static @Nullable EllipseShape shape(SourceModel model) {
    return model.components().get(0).shape();
  }

  private List<SourceModel> sersics(FitResult disks) {
    return disks.models().stream()
        .map(
            m -> {
              EllipseShape shape = shape(m);
              return shape == null ? m : SourceModel.sersic(m.x(), m.y(), shape, 1);
            })
        .toList();
  }

  private List<SourceModel> devs(FitResult disks) {
    List<SourceModel> models = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      SourceModel disk = disks.models().get(i);
      EllipseShape shape = shape(disk);
      models.add(
          shape != null && members.get(i).snr() > config.devSnr()
              ? SourceModel.fixed(disk.x(), disk.y(), shape, BULGE_INDEX)
              : disk);
    }
    return models;
  }

  private boolean[] resolved(FitResult disks) {
    boolean[] wanted = new boolean[members.size()];
    for (int i = 0; i < wanted.length; i++) {
      EllipseShape shape = shape(disks.models().get(i));
      wanted[i] =
          shape != null
              && members.get(i).snr() > config.bulgeDiskSnr()
              && shape.meanRadius() > psfSigma;
    }
    return wanted;
  }

  private List<SourceModel> bulgeDisks(FitResult disks, FitResult sersics, boolean[] wanted) {
    List<SourceModel> models = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      SourceModel disk = disks.models().get(i);
      EllipseShape shape = shape(disk);
      if (wanted[i] && shape != null) {
        EllipseShape bulge =
            new EllipseShape(
                BULGE_SIZE * shape.sigmaX(), BULGE_SIZE * shape.sigmaY(), 0.5 * shape.rho());
        models.add(SourceModel.bulgeDisk(disk.x(), disk.y(), shape, bulge));
      } else {
        models.add(sersics.models().get(i));
      }
    }
    return models;
  }

  private void keep(
      Model model,
      FitResult result,
      double pointChi2,
      java.util.function.Predicate<ModelTarget> wanted) {
    for (int i = 0; i < members.size(); i++) {
      if (wanted.test(members.get(i))) {
        out.get(i).put(model, described(result, i, likelihoodGain(result, i, pointChi2)));
      }
    }
  }

  /** Of the model over a point, the others of the group as they are. */
  private double likelihoodGain(FitResult result, int member, double pointChi2) {
    SourceModel model = result.models().get(member);
    if (shape(model) == null) {
      return 0;
    }
    double asPoint = members.size() == 1 ? pointChi2 : result.pointChi2()[member];
    return 0.5 * (asPoint - result.totalChi2());
  }

  private ModelFit nothing(SourceModel model, Flag flag) {
    double[] none = new double[bands.size()];
    Arrays.fill(none, Double.NaN);
    double nan = Double.NaN;
    double[] shape = {nan, nan, nan};
    return new ModelFit(
        model,
        nan,
        nan,
        nan,
        shape,
        nan,
        nan,
        none,
        none,
        none,
        nan,
        nan,
        0,
        EnumSet.of(flag),
        FitDetail.NONE);
  }

  private ModelFit described(FitResult result, int i, double gain) {
    SourceModel model = result.models().get(i);
    double[] flux = fluxes(result, i);
    double[] error = new double[bands.size()];
    double[] bulge = new double[bands.size()];
    int used = 0;
    for (int b = 0; b < flux.length; b++) {
      boolean known = result.used()[b] > 0;
      double scale = known ? 1 / bands.get(b).psf().consistency() : Double.NaN;
      error[b] = result.fluxErr(i, b) * scale;
      bulge[b] = result.secondShare(i, b);
      used += result.used()[b];
    }
    double xErr = Math.sqrt(result.covariance(i, 0, 0));
    double yErr = Math.sqrt(result.covariance(i, 1, 1));
    boolean extended = shape(model) != null;
    double[] shapeErr = extended ? shapeErrors(result, i, model) : nans();
    int freedom = Math.max(1, used - result.parameters().count);
    return new ModelFit(
        model,
        xErr,
        yErr,
        result.covariance(i, 0, 1),
        shapeErr,
        extended ? radiusError(result, i) : Double.NaN,
        indexError(result, i, model),
        flux,
        error,
        bulge,
        result.totalChi2() / freedom,
        gain,
        result.evaluations(),
        flags(result, i, xErr, yErr),
        result.detail(i).scaled(consistency()));
  }

  /** What brings the fluxes of a band to those of a star through the PSF itself. */
  private double[] consistency() {
    return bands.stream().mapToDouble(b -> 1 / b.psf().consistency()).toArray();
  }

  private double[] fluxes(FitResult result, int i) {
    double[] flux = new double[bands.size()];
    for (int b = 0; b < flux.length; b++) {
      boolean known = result.used()[b] > 0;
      double scale = known ? 1 / bands.get(b).psf().consistency() : Double.NaN;
      flux[b] = result.flux(i, b) * scale;
    }
    return flux;
  }

  private boolean isFailed(FitResult result, int i) {
    return result.isUndetermined() || Arrays.stream(fluxes(result, i)).noneMatch(Double::isFinite);
  }

  private static double[] nans() {
    return new double[] {Double.NaN, Double.NaN, Double.NaN};
  }

  private static double[] shapeErrors(FitResult result, int i, SourceModel model) {
    EllipseShape shape = shape(model);
    if (shape == null) {
      return nans();
    }
    double slope = 0.5 * (1 - shape.rho() * shape.rho());
    return new double[] {
      Math.sqrt(result.covariance(i, 2, 2)) * Parameters.LN10 * shape.sigmaX(),
      Math.sqrt(result.covariance(i, 3, 3)) * Parameters.LN10 * shape.sigmaY(),
      Math.sqrt(result.covariance(i, 4, 4)) * slope
    };
  }

  /** Of ln of the mean radius, which is half of ln sigma_x sigma_y sqrt(1 - rho^2). */
  private static double radiusError(FitResult result, int i) {
    EllipseShape shape = shape(result.models().get(i));
    if (shape == null) {
      return Double.NaN;
    }
    double[] slope = {0.5 * Parameters.LN10, 0.5 * Parameters.LN10, -0.25 * shape.rho()};
    double sum = 0;
    for (int a = 0; a < 3; a++) {
      for (int b = 0; b < 3; b++) {
        sum += slope[a] * slope[b] * result.covariance(i, 2 + a, 2 + b);
      }
    }
    return Math.sqrt(sum);
  }

  private static double indexError(FitResult result, int i, SourceModel model) {
    SourceModel.Component c = model.components().get(0);
    return c.profile() == SourceModel.Profile.SERSIC
        ? Math.sqrt(result.covariance(i, 5, 5)) * Parameters.indexSlope(c.index())
        : Double.NaN;
  }

  private Set<Flag> flags(FitResult result, int i, double xErr, double yErr) {
    Set<Flag> flags = EnumSet.noneOf(Flag.class);
    ModelTarget target = members.get(i);
    SourceModel model = result.models().get(i);
    set(flags, Flag.PSF_FAILED, bands.stream().anyMatch(b -> b.psf().isFallback()));
    set(flags, Flag.NOT_PRIMARY_REGION, !box.contains(rint(target.x()), rint(target.y())));
    set(flags, Flag.MAX_EVAL, !result.converged());
    set(flags, Flag.AT_BOUND_SIZE, result.atBound(i, Parameters.Kind.SIZE));
    set(flags, Flag.AT_BOUND_N, result.atBound(i, Parameters.Kind.INDEX));
    set(flags, Flag.AT_BOUND_RHO, result.atBound(i, Parameters.Kind.RHO));
    set(flags, Flag.AT_BOUND_CENTROID, result.atBound(i, Parameters.Kind.X, Parameters.Kind.Y));
    double dx = model.x() - target.x();
    double dy = model.y() - target.y();
    set(
        flags,
        Flag.CENTROID_DRIFT,
        Math.hypot(dx, dy) > 1 && Math.hypot(dx / xErr, dy / yErr) > DRIFT_SIGMAS);
    EllipseShape shape = shape(model);
    EllipseShape seen = target.moments();
    set(
        flags,
        Flag.SUPER_SPREADER,
        shape != null
            && seen != null
            && target.snr() < SPREADER_SNR
            && shape.meanRadius() > SPREADER_RATIO * seen.meanRadius());
    set(flags, Flag.FAILED, isFailed(result, i));
    return flags;
  }

  private static int rint(double v) {
    return (int) Math.rint(v);
  }

  private static void set(Set<Flag> flags, Flag flag, boolean value) {
    if (value) {
      flags.add(flag);
    }
  }
}
