package org.starbeam.transforms.step7;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.failure.BadInputException;
import org.starbeam.hips.AsinhRgb;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.TableSchemas;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Decides once for a release how the rasters of its HiPS are drawn (specs/07 sections 3.2 and 3.3):
 * the sky noise of each band, the median over the tiles of the deepest order of the robust standard
 * deviation of their pixels, to two digits, so that an increment seldom changes it; and which bands
 * make the colours.
 */
public final class HipsStretchTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  /** Name of the task. */
  public static final String NAME = "hipsStretch";

  static final String SUMMARY = "summary";

  private static final String COLOR = "color_";
  private static final int COLORS = 3;
  private static final MathContext TWO_DIGITS = new MathContext(2);

  /**
   * How rasters are drawn.
   *
   * @param color the bands that are blue, green and red; one of them may be missing
   * @param sigmas linear range in standard deviations of the sky
   * @param q strength of the asinh stretch
   * @param sky sky noise by band, nJy/arcsec^2, that is taken instead of the measured one, so that
   *     a later release looks as an earlier one
   */
  public record Config(List<String> color, double sigmas, double q, Map<String, Double> sky)
      implements Serializable {
    public Config {
      color = List.copyOf(color);
      sky = Map.copyOf(new TreeMap<>(sky));
      if ((color.size() != COLORS && !color.isEmpty()) || !(sigmas > 0) || !(q > 0)) {
        throw new BadInputException(
            "CONFIG_VALUE",
            "hipsStretch: color must be three bands or none, sigmas and q above 0, found %s, %s, %s"
                .formatted(color, sigmas, q));
      }
    }

    public static Config defaults() {
      return new Config(List.of("g", "r", "i"), 12, 8, Map.of());
    }

    /** The bands of the tree of colours; none when fewer than two of them are there. */
    List<String> colored(Collection<String> bands) {
      long present = color.stream().filter(bands::contains).count();
      return present >= 2 ? color : List.of();
    }

    /** Names of the trees of a release with these bands. */
    public List<String> trees(Collection<String> bands) {
      List<String> out = new ArrayList<>(TableSchemas.orderBands(Set.copyOf(bands), List.of()));
      if (!colored(bands).isEmpty()) {
        out.add(COLOR + String.join("", color));
      }
      return out;
    }
  }

  /**
   * How the rasters of a release are drawn.
   *
   * @param order the deepest order
   * @param sky sky noise by band, nJy/arcsec^2
   * @param color bands of the colour tree, blue, green, red; empty when there is none
   * @param noColor why there is no colour tree; null when there is
   * @param sigmas linear range in sky noise
   * @param q strength of the asinh stretch
   * @param firstMjd first exposure
   * @param lastMjd last exposure
   */
  record Stretch(
      int order,
      Map<String, Double> sky,
      List<String> color,
      @Nullable String noColor,
      double sigmas,
      double q,
      double firstMjd,
      double lastMjd) {
    /** Name of the tree of colours, {@code color_gri}. */
    String colorTree() {
      return COLOR + String.join("", color);
    }

    /** Sky noise of a band; when it is not there that of another one. */
    double skyOf(String band) {
      return sky.getOrDefault(band, sky.values().iterator().next());
    }

    AsinhRgb scale(String band) {
      double sigma = skyOf(band);
      return new AsinhRgb(new AsinhRgb.Config(0, sigmas * sigma, q));
    }
  }

  private final Config config;

  HipsStretchTask(Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step7",
        1,
        Configs.json(config),
        List.of(TaskSpec.InputRule.gather(SUMMARY, 1)),
        List.of(DatasetTypes.HIPS_STRETCH));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    Map<String, List<Double>> noise = new TreeMap<>();
    int order = 0;
    double first = Double.POSITIVE_INFINITY;
    double last = Double.NEGATIVE_INFINITY;
    for (DatasetRef ref : quantum.refs(SUMMARY, DatasetTypes.HIPS_SUMMARY.name())) {
      HipsBlockTask.Summary s = context.reader().json(ref, HipsBlockTask.Summary.class);
      String band = DataId.parse(ref.getDataId()).get("band");
      List<Double> ofBand = noise.computeIfAbsent(band, b -> new ArrayList<>());
      s.sky().stream().filter(v -> v != null && v > 0).forEach(ofBand::add);
      order = Math.max(order, s.order());
      first = Math.min(first, s.firstMjd());
      last = Math.max(last, s.lastMjd());
    }
    Map<String, Double> sky = new TreeMap<>();
    noise.forEach((band, values) -> sky.put(band, sky(band, values)));
    List<String> colored = config.colored(sky.keySet());
    context.stageJson(
        DatasetTypes.HIPS_STRETCH,
        quantum.dataId(),
        new Stretch(
            order,
            sky,
            colored,
            colored.isEmpty()
                ? "of the bands " + config.color() + " two are needed, there are " + sky.keySet()
                : null,
            config.sigmas(),
            config.q(),
            first,
            last));
    sky.forEach((band, sigma) -> context.metric("sky_" + band, sigma));
    return Outcome.done();
  }

  private double sky(String band, List<Double> values) {
    Double chosen = config.sky().get(band);
    if (chosen != null) {
      return chosen;
    }
    if (values.isEmpty()) {
      throw new AlgorithmException(
          "NO_SKY", "no tile of band " + band + " has enough pixels to measure the sky noise");
    }
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    double median = ClippedStatistics.quantile(sorted, 0.5);
    return new BigDecimal(median).round(TWO_DIGITS).doubleValue();
  }
}
