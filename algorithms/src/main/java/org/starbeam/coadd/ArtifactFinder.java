package org.starbeam.coadd;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.starbeam.coadd.ArtifactMask.Artifact;
import org.starbeam.coadd.ArtifactMask.Reason;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.MaskI;
import org.starbeam.image.Selection;
import org.starbeam.image.SpanSet;

/**
 * Finds what is in few visits only: satellite trails, asteroids, cosmic rays and ghosts (specs/03
 * section 4.5, on directly warped images smoothed by the target Gaussian).
 *
 * <p>D = x - static model, with sigma^2 = noise^2 + (guard |static|)^2, where |static| is the
 * largest within 2 binned pixels: bright stars differ between visits because their PSFs do.
 * Connected pixels with |D| above the threshold are candidates, grown a little; so that a faint
 * trail is not found in pieces, a long thin set above a lower threshold that holds such pixels
 * belongs to them. A candidate is an artifact when more than half of its pixels are candidates in
 * no more than n_max = floor(min(0.4 N, 2 + 0.03 N)) of the N visits that see them; so what varies
 * or moves slowly stays. Long thin artifacts are completed along their line over all of the visit's
 * data. If an artifact is in more visits than the model trims, model and artifacts are found once
 * more without it.
 */
public final class ArtifactFinder {
  /**
   * Defaults of specs/03 section 4.5 and first-light.
   *
   * @param threshold of |D| / sigma
   * @param trailThreshold of |D| / sigma in a long thin set around a pixel above the threshold
   * @param guard share of the static model that PSF mismatch may leave
   * @param growSigma growth of candidates in units of the smoothed PSF's sigma
   * @param extremes K of the static model
   * @param minTrailLength full-resolution pixels
   * @param maxTrailRatio width over length
   * @param trailGrowSigma growth of trails in units of the PSF's sigma
   * @param maxTrailWidth full-resolution pixels
   */
  public record Config(
      double threshold,
      double trailThreshold,
      double guard,
      double growSigma,
      int extremes,
      double minTrailLength,
      double maxTrailRatio,
      double trailGrowSigma,
      double maxTrailWidth)
      implements java.io.Serializable {
    public static Config defaults() {
      return new Config(7.5, 3.75, 0.3, 0.4, 3, 60, 0.15, 5, 100);
    }
  }

  /**
   * One input.
   *
   * @param visit visit id
   * @param detector detector number
   * @param weight integer weight
   * @param box of the binned and smoothed warp
   * @param smoothed gives the warp, each time that it is looked at
   * @param psfSigma of the unsmoothed PSF, tract pixels
   * @param smoothingSigma of the target Gaussian, tract pixels
   */
  public record Input(
      long visit,
      int detector,
      int weight,
      Box box,
      Supplier<SmoothedWarp> smoothed,
      double psfSigma,
      double smoothingSigma) {}

  private static final int BIN = 2;
  private static final int GUARD_REACH = 2;
  private static final double SCALE_MIN = 0.8;
  private static final double SCALE_MAX = 1.5;
  private static final int CANDIDATE = 1;
  private static final int FAINT = 2;
  private static final double GOOD_SHARE = 0.05;

  private final Config config;

  public ArtifactFinder(Config config) {
    this.config = config;
  }

  /** Number of visits up to which something is an artifact, where N visits look on average. */
  public static int maxVisits(double meanCount) {
    return (int) Math.floor(Math.min(0.4 * meanCount, 2 + 0.03 * meanCount));
  }

  /**
   * Masks of the inputs that have artifacts, in the order given, which must be canonical.
   *
   * @param box binned pixels to look at
   */
  public List<ArtifactMask> find(Box box, List<Input> inputs) {
    List<SpanSet> without = new ArrayList<>();
    inputs.forEach(i -> without.add(SpanSet.EMPTY));
    Search first = new Search(box, inputs, without);
    List<ArtifactMask> masks = first.run();
    if (!first.exceedsTrimming) {
      return masks;
    }
    for (int i = 0; i < inputs.size(); i++) {
      without.set(i, binned(inputs.get(i), masks));
    }
    return new Search(box, inputs, without).run();
  }

  private static SpanSet binned(Input input, List<ArtifactMask> masks) {
    for (ArtifactMask mask : masks) {
      if (mask.visit() == input.visit() && mask.detector() == input.detector()) {
        SpanSet full = mask.pixels();
        int[] runs = full.runs();
        for (int k = 0; k < runs.length; k += 3) {
          runs[k] = Math.floorDiv(runs[k], BIN);
          runs[k + 1] = Math.floorDiv(runs[k + 1], BIN);
          runs[k + 2] = Math.floorDiv(runs[k + 2] - 1, BIN) + 1;
        }
        return SpanSet.ofRuns(runs);
      }
    }
    return SpanSet.EMPTY;
  }

  /** One pass over all inputs with one static model. */
  private final class Search {
    private final Box box;
    private final List<Input> inputs;
    private final StaticModel model;
    private final float[] image;
    private final float[] guard;
    private final int[] candidateCount;
    private boolean exceedsTrimming;

    Search(Box box, List<Input> inputs, List<SpanSet> without) {
      this.box = box;
      this.inputs = inputs;
      int[] weights = inputs.stream().mapToInt(Input::weight).toArray();
      model = new StaticModel(box, weights, config.extremes());
      for (int i = 0; i < inputs.size(); i++) {
        model.add(i, inputs.get(i).smoothed().get().value(), without.get(i));
      }
      image = model.image().data;
      guard = guardOf(image, box);
      candidateCount = new int[box.area()];
    }

    List<ArtifactMask> run() {
      List<List<SpanSet>> candidates = new ArrayList<>();
      for (Input input : inputs) {
        List<SpanSet> own = candidates(input);
        own.forEach(this::count);
        candidates.add(own);
      }
      List<ArtifactMask> masks = new ArrayList<>();
      for (int i = 0; i < inputs.size(); i++) {
        List<Artifact> artifacts = artifacts(inputs.get(i), candidates.get(i));
        if (!artifacts.isEmpty()) {
          Input input = inputs.get(i);
          masks.add(new ArtifactMask(input.visit(), input.detector(), artifacts));
        }
      }
      return masks;
    }

    private void count(SpanSet candidate) {
      for (int run = 0; run < candidate.size(); run++) {
        for (int x = candidate.x0(run); x < candidate.x1(run); x++) {
          candidateCount[index(x, candidate.y(run))]++;
        }
      }
    }

    private int index(int x, int y) {
      return (y - box.y0()) * box.width() + x - box.x0();
    }

    /** |D| / sigma with its sign at a binned pixel; NaN without data. */
    private double significance(SmoothedWarp smoothed, int x, int y, double scale) {
      float value = smoothed.value().get(x, y);
      int i = index(x, y);
      if (Float.isNaN(value) || Float.isNaN(image[i])) {
        return Double.NaN;
      }
      double noise = scale * smoothed.sigma().get(x, y);
      double mismatch = config.guard() * guard[i];
      return (value - image[i]) / Math.sqrt(noise * noise + mismatch * mismatch);
    }

    private List<SpanSet> candidates(Input input) {
      Box area = input.box().intersect(box);
      if (area.isEmpty()) {
        return List.of();
      }
      SmoothedWarp smoothed = input.smoothed().get();
      MaskI found = found(smoothed, area);
      double psf = Math.hypot(input.psfSigma(), input.smoothingSigma());
      double radius = Math.max(1, config.growSigma() * psf / BIN);
      return SpanSet.connected(found, CANDIDATE).stream()
          .map(c -> c.grow(radius).clip(area))
          .filter(c -> goodShare(smoothed, c) >= GOOD_SHARE)
          .toList();
    }

    private MaskI found(SmoothedWarp smoothed, Box area) {
      double scale = noiseScale(smoothed, area);
      MaskI found = new MaskI(area);
      for (int y = area.y0(); y < area.y1(); y++) {
        for (int x = area.x0(); x < area.x1(); x++) {
          double z = Math.abs(significance(smoothed, x, y, scale));
          if (z > config.trailThreshold()) {
            found.set(x, y, z > config.threshold() ? CANDIDATE | FAINT : FAINT);
          }
        }
      }
      for (SpanSet set : SpanSet.connected(found, FAINT)) {
        if (TrailLine.isThin(set, config, BIN) && (set.orOf(found) & CANDIDATE) != 0) {
          set.setMask(found, CANDIDATE);
        }
      }
      return found;
    }

    private static double goodShare(SmoothedWarp smoothed, SpanSet candidate) {
      int good = 0;
      for (int run = 0; run < candidate.size(); run++) {
        for (int x = candidate.x0(run); x < candidate.x1(run); x++) {
          good += Float.isNaN(smoothed.value().get(x, candidate.y(run))) ? 0 : 1;
        }
      }
      return good / (double) candidate.area();
    }

    /** Robust scatter of D / sigma where the sky is empty, 0.8 to 1.5. */
    private double noiseScale(SmoothedWarp smoothed, Box area) {
      float[] z = new float[area.area()];
      int n = 0;
      for (int y = area.y0(); y < area.y1(); y++) {
        for (int x = area.x0(); x < area.x1(); x++) {
          float sigma = smoothed.sigma().get(x, y);
          double value = significance(smoothed, x, y, 1);
          if (!Double.isNaN(value) && guard[index(x, y)] < 5 * sigma) {
            z[n++] = (float) Math.abs(value);
          }
        }
      }
      if (n < 100) {
        return 1;
      }
      double median = Selection.ofRank(z, n, n / 2);
      return Math.max(SCALE_MIN, Math.min(SCALE_MAX, ClippedStatistics.MAD_TO_SIGMA * median));
    }

    private List<Artifact> artifacts(Input input, List<SpanSet> candidates) {
      if (candidates.isEmpty()) {
        return List.of();
      }
      SmoothedWarp smoothed = input.smoothed().get();
      List<Artifact> out = new ArrayList<>();
      for (SpanSet candidate : candidates) {
        double meanCount = meanCount(candidate);
        int most = maxVisits(meanCount);
        boolean isTrail = TrailLine.isThin(candidate, config, BIN);
        boolean rare = isRare(candidate, most);
        boolean positiveTrail =
            isTrail && meanCount <= 2 && meanDifference(smoothed, candidate) > 0;
        if (rare || positiveTrail) {
          double peak = peak(smoothed, candidate);
          noteExcess(candidate);
          out.add(artifact(candidate, Reason.TRANSIENT, peak, most, meanCount));
          if (isTrail) {
            SpanSet line = TrailLine.through(candidate, input.box(), input.psfSigma(), config, BIN);
            out.add(artifact(line, Reason.TRAIL, peak, most, meanCount));
          }
        }
      }
      return List.copyOf(out);
    }

    private Artifact artifact(
        SpanSet binned, Reason reason, double peak, int most, double meanCount) {
      SpanSet full = full(binned);
      return new Artifact(full, reason, full.area(), peak, most, meanCount);
    }

    private boolean isRare(SpanSet candidate, int most) {
      int rare = 0;
      for (int run = 0; run < candidate.size(); run++) {
        for (int x = candidate.x0(run); x < candidate.x1(run); x++) {
          int c = candidateCount[index(x, candidate.y(run))];
          rare += c > 0 && c <= most ? 1 : 0;
        }
      }
      return 2 * rare > candidate.area();
    }

    private void noteExcess(SpanSet candidate) {
      for (int run = 0; run < candidate.size(); run++) {
        for (int x = candidate.x0(run); x < candidate.x1(run); x++) {
          int i = index(x, candidate.y(run));
          exceedsTrimming |= candidateCount[i] > StaticModel.trimmed(model.count(i));
        }
      }
    }

    private double meanCount(SpanSet candidate) {
      double sum = 0;
      for (int run = 0; run < candidate.size(); run++) {
        for (int x = candidate.x0(run); x < candidate.x1(run); x++) {
          sum += model.count(index(x, candidate.y(run)));
        }
      }
      return sum / candidate.area();
    }

    private double meanDifference(SmoothedWarp smoothed, SpanSet candidate) {
      double sum = 0;
      for (int run = 0; run < candidate.size(); run++) {
        for (int x = candidate.x0(run); x < candidate.x1(run); x++) {
          double z = significance(smoothed, x, candidate.y(run), 1);
          sum += Double.isNaN(z) ? 0 : z;
        }
      }
      return sum / candidate.area();
    }

    private double peak(SmoothedWarp smoothed, SpanSet candidate) {
      double peak = 0;
      for (int run = 0; run < candidate.size(); run++) {
        for (int x = candidate.x0(run); x < candidate.x1(run); x++) {
          double z = Math.abs(significance(smoothed, x, candidate.y(run), 1));
          peak = z > peak ? z : peak;
        }
      }
      return peak;
    }
  }

  /** Binned pixels as full-resolution pixels. */
  private static SpanSet full(SpanSet binned) {
    int[] runs = new int[binned.size() * 3 * BIN];
    int k = 0;
    for (int run = 0; run < binned.size(); run++) {
      for (int dy = 0; dy < BIN; dy++) {
        runs[k++] = binned.y(run) * BIN + dy;
        runs[k++] = binned.x0(run) * BIN;
        runs[k++] = binned.x1(run) * BIN;
      }
    }
    return SpanSet.ofRuns(runs);
  }

  /** Largest |image| within the reach along both axes; 0 without data. */
  private static float[] guardOf(float[] image, Box box) {
    int w = box.width();
    int h = box.height();
    float[] rows = new float[image.length];
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        float most = 0;
        for (int u = Math.max(0, x - GUARD_REACH); u <= Math.min(w - 1, x + GUARD_REACH); u++) {
          float a = Math.abs(image[y * w + u]);
          most = a > most ? a : most;
        }
        rows[y * w + x] = most;
      }
    }
    float[] out = new float[image.length];
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        float most = 0;
        for (int v = Math.max(0, y - GUARD_REACH); v <= Math.min(h - 1, y + GUARD_REACH); v++) {
          most = Math.max(most, rows[v * w + x]);
        }
        out[y * w + x] = most;
      }
    }
    return out;
  }
}
