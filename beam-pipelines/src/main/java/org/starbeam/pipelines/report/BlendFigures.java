package org.starbeam.pipelines.report;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.starbeam.hips.AsinhRgb;
import org.starbeam.hips.ThreeBands;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ScarletBlendRow;
import org.starbeam.schema.ScarletComponent;
import org.starbeam.schema.ScarletSource;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.step3.BlendImages;

/**
 * Blends as the coadds show them, as their models do, and what is left, in errors: of two members,
 * of three, and so on the brightest whose pixels all have data and are not saturated.
 */
final class BlendFigures {
  /** Datasets of models that are looked into at most. */
  private static final int MOST_FILES = 60;

  /** Blends of a number of members whose pixels are looked at, at most. */
  private static final int MOST_TRIED = 30;

  private static final int FEWEST_MEMBERS = 2;
  private static final int MOST_MEMBERS = 6;
  private static final int MOST_PIXELS = 90;
  private static final int SIDE = 180;
  private static final int HEAD = 22;

  /** Residual in errors that is full blue or red. */
  private static final double SIGMAS = 5;

  private BlendFigures() {}

  private record Candidate(DataId where, ScarletBlendRow row, double flux) {}

  static List<ReportPage.Figure> figures(RunCatalog catalog) throws IOException {
    Map<Integer, List<Candidate>> byMembers = new TreeMap<>();
    for (DatasetRef ref : catalog.datasets("scarlet_blend").stream().limit(MOST_FILES).toList()) {
      DataId where = DataId.parse(ref.getDataId());
      for (ScarletBlendRow row : TableReader.read(catalog.path(ref), ScarletBlendRow.class)) {
        int members = members(row);
        if (members >= FEWEST_MEMBERS && members <= MOST_MEMBERS && isFit(row)) {
          byMembers
              .computeIfAbsent(members, m -> new ArrayList<>())
              .add(new Candidate(where, row, flux(row)));
        }
      }
    }
    List<BlendImages> images = new ArrayList<>();
    for (List<Candidate> candidates : byMembers.values()) {
      brightest(catalog, candidates).ifPresent(images::add);
    }
    return images.isEmpty() ? List.of() : List.of(figure(images));
  }

  /** The brightest of the blends whose pixels are all good. */
  private static Optional<BlendImages> brightest(RunCatalog catalog, List<Candidate> candidates) {
    return candidates.stream()
        .sorted(
            Comparator.comparingDouble((Candidate c) -> -c.flux)
                .thenComparing(c -> c.row.getBlendId()))
        .limit(MOST_TRIED)
        .map(c -> BlendImages.of(c.row, coadds(catalog, c.where)))
        .filter(BlendFigures::isGood)
        .findFirst();
  }

  private static boolean isGood(BlendImages blend) {
    for (MaskedImage pixels : blend.pixels()) {
      for (int planes : pixels.mask().toArray()) {
        if ((planes & (MaskPlanes.NO_DATA | MaskPlanes.SAT)) != 0) {
          return false;
        }
      }
    }
    return true;
  }

  private static int members(ScarletBlendRow row) {
    return (int) row.getSources().stream().filter(s -> s.getObjectId() != 0).count();
  }

  private static boolean isFit(ScarletBlendRow row) {
    return row.getMethod().equals("SCARLET")
        && row.getMissingBands().isEmpty()
        && Math.max(row.getWidth(), row.getHeight()) <= MOST_PIXELS;
  }

  /** Light of the model in all bands; the brightest blends are those whose residuals show most. */
  private static double flux(ScarletBlendRow row) {
    double sum = 0;
    for (ScarletSource source : row.getSources()) {
      for (ScarletComponent part : source.getComponents()) {
        double light = 0;
        var pixels = part.getMorphology().duplicate().asFloatBuffer();
        while (pixels.hasRemaining()) {
          light += pixels.get();
        }
        sum += light * part.getSpectrum().stream().mapToDouble(Float::doubleValue).sum();
      }
    }
    return sum;
  }

  private static Map<String, Path> coadds(RunCatalog catalog, DataId where) {
    Map<String, Path> out = new TreeMap<>();
    for (DatasetRef ref : catalog.datasets("deep_coadd")) {
      DataId id = DataId.parse(ref.getDataId());
      if (id.get("tract").equals(where.get("tract"))
          && id.get("patch").equals(where.get("patch"))) {
        out.put(id.get("band"), catalog.path(ref));
      }
    }
    return out;
  }

  private static ReportPage.Figure figure(List<BlendImages> blends) {
    BufferedImage image =
        new BufferedImage(3 * SIDE, HEAD + blends.size() * SIDE, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, image.getWidth(), image.getHeight());
    g.setColor(Color.BLACK);
    g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 13));
    List<String> heads = List.of("coadd", "model", "residual");
    List<String> chi = new ArrayList<>();
    for (int k = 0; k < heads.size(); k++) {
      g.drawString(heads.get(k), k * SIDE + 6, 16);
    }
    for (int row = 0; row < blends.size(); row++) {
      chi.add(draw(g, blends.get(row), HEAD + row * SIDE));
    }
    g.dispose();
    return new ReportPage.Figure(
        "Blends",
        "Of each number of members the brightest blend without saturated pixels: coadd, model and residual, blue below and red above zero, full colour at %.0f errors; crosses are the peaks. Mean square of the residual in errors: %s."
            .formatted(SIGMAS, String.join(", ", chi)),
        Charts.png(image));
  }

  /** Draws one blend as a row; returns its members and the mean square of the residual. */
  private static String draw(Graphics2D g, BlendImages blend, int top) {
    List<String> shown = CoaddPicture.threeOf(blend.bands());
    int[] at = shown.stream().mapToInt(blend.bands()::indexOf).toArray();
    double[] weight = ThreeBands.weights(shown);
    Box box = blend.models().get(0).box();
    AsinhRgb rgb = stretch(blend.pixels().get(at[1]), blend.models().get(at[1]));
    tile(g, box, 0, top, colours(rgb, weight, at, box, b -> blend.pixels().get(b).image()));
    tile(g, box, SIDE, top, colours(rgb, weight, at, box, blend.models()::get));
    MaskedImage pixels = blend.pixels().get(at[1]);
    ImageF model = blend.models().get(at[1]);
    BufferedImage residual =
        new BufferedImage(box.width(), box.height(), BufferedImage.TYPE_INT_RGB);
    double sum = 0;
    int n = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double sigmas =
            (pixels.image().get(x, y) - model.get(x, y)) / Math.sqrt(pixels.variance().get(x, y));
        residual.setRGB(x - box.x0(), box.y1() - 1 - y, Charts.diverging(sigmas / SIGMAS).getRGB());
        if (model.get(x, y) > 0 && Double.isFinite(sigmas)) {
          sum += sigmas * sigmas;
          n++;
        }
      }
    }
    tile(g, box, 2 * SIDE, top, residual);
    crosses(g, blend, box, top);
    return "%d members %.2f".formatted(blend.peaks().size(), sum / Math.max(1, n));
  }

  private interface Plane {
    ImageF of(int band);
  }

  /** Linear to 12 sigma of the sky, or to a twentieth of the brightest pixel if that is more. */
  private static AsinhRgb stretch(MaskedImage pixels, ImageF model) {
    double peak = 0;
    for (float v : model.toArray()) {
      peak = Math.max(peak, v);
    }
    float[] variances = pixels.variance().toArray();
    Arrays.sort(variances);
    double sigma = Math.sqrt(variances[variances.length / 4]);
    return new AsinhRgb(new AsinhRgb.Config(-sigma, Math.max(12 * sigma, peak / 20), 8));
  }

  private static BufferedImage colours(
      AsinhRgb rgb, double[] weight, int[] at, Box box, Plane plane) {
    BufferedImage out = new BufferedImage(box.width(), box.height(), BufferedImage.TYPE_INT_RGB);
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        out.setRGB(
            x - box.x0(),
            box.y1() - 1 - y,
            rgb.color(
                weight[2] * plane.of(at[2]).get(x, y),
                weight[1] * plane.of(at[1]).get(x, y),
                weight[0] * plane.of(at[0]).get(x, y)));
      }
    }
    return out;
  }

  private static double zoom(Box box) {
    return (SIDE - 4.0) / Math.max(box.width(), box.height());
  }

  private static void tile(Graphics2D g, Box box, int left, int top, BufferedImage image) {
    double zoom = zoom(box);
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
    g.drawImage(image, left, top, (int) (box.width() * zoom), (int) (box.height() * zoom), null);
  }

  private static void crosses(Graphics2D g, BlendImages blend, Box box, int top) {
    double zoom = zoom(box);
    for (int[] peak : blend.peaks()) {
      int x = (int) ((peak[0] - box.x0() + 0.5) * zoom);
      int y = top + (int) ((box.y1() - peak[1] - 0.5) * zoom);
      for (int left : new int[] {0, SIDE, 2 * SIDE}) {
        g.setColor(left == 2 * SIDE ? Color.BLACK : Color.WHITE);
        g.drawLine(left + x - 3, y, left + x + 3, y);
        g.drawLine(left + x, y - 3, left + x, y + 3);
      }
    }
  }
}
