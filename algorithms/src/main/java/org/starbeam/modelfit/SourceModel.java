package org.starbeam.modelfit;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The structure of an object: components around one centre. Fluxes are not part of it.
 *
 * @param x centre in pixels
 * @param y centre in pixels
 */
public record SourceModel(double x, double y, List<Component> components) {
  /** Radial profiles. */
  public enum Profile {
    /** A point. */
    POINT,
    /** A Gaussian; its ellipse is of one sigma. */
    GAUSSIAN,
    /** A Sersic profile of a given index. */
    FIXED_SERSIC,
    /** A Sersic profile whose index is fitted. */
    SERSIC
  }

  /**
   * A profile with its half-light ellipse.
   *
   * @param shape null for a point
   * @param index of Sersic; 0 when it has none
   * @param merged how many of its narrowest Gaussians are rendered as one
   */
  public record Component(Profile profile, @Nullable EllipseShape shape, double index, int merged) {
    Component(Profile profile, @Nullable EllipseShape shape, double index) {
      this(profile, shape, index, 0);
    }

    /** The same with the Gaussians narrower than a limit as one. */
    Component merging(double sigma) {
      if (shape == null || profile == Profile.GAUSSIAN) {
        return this;
      }
      double[] sigmas = gaussians().sigma();
      int count = 0;
      while (count < sigmas.length && sigmas[count] * shape.meanRadius() < sigma) {
        count++;
      }
      return new Component(profile, shape, index, count);
    }

    int planes() {
      return switch (profile) {
        case POINT -> 3;
        case SERSIC -> 7;
        default -> 6;
      };
    }

    /** Parameters beside the centre. */
    int parameters() {
      return planes() - 3;
    }

    SersicMixture.Gaussians gaussians() {
      return switch (profile) {
        case POINT, GAUSSIAN -> SersicMixture.ONE;
        case FIXED_SERSIC ->
            (index == 1 ? SersicMixture.SIX : SersicMixture.EIGHT).at(index).merged(merged);
        case SERSIC -> SersicMixture.EIGHT.at(index).merged(merged);
      };
    }
  }

  public SourceModel {
    components = List.copyOf(components);
  }

  /** A point source. */
  public static SourceModel point(double x, double y) {
    return new SourceModel(x, y, List.of(new Component(Profile.POINT, null, 0)));
  }

  /** A profile of a given index: 1 exponential, 4 de Vaucouleurs. */
  public static SourceModel fixed(double x, double y, EllipseShape shape, double index) {
    return new SourceModel(x, y, List.of(new Component(Profile.FIXED_SERSIC, shape, index)));
  }

  /** A profile of an index to be found. */
  public static SourceModel sersic(double x, double y, EllipseShape shape, double index) {
    return new SourceModel(x, y, List.of(new Component(Profile.SERSIC, shape, index)));
  }

  /** An exponential disk and a de Vaucouleurs bulge. */
  public static SourceModel bulgeDisk(double x, double y, EllipseShape disk, EllipseShape bulge) {
    return new SourceModel(
        x,
        y,
        List.of(
            new Component(Profile.FIXED_SERSIC, disk, 1),
            new Component(Profile.FIXED_SERSIC, bulge, 4)));
  }

  /** The same with the Gaussians narrower than a limit as one in every component. */
  SourceModel merging(double sigma) {
    return new SourceModel(x, y, components.stream().map(c -> c.merging(sigma)).toList());
  }

  /** Number of fitted parameters. */
  int parameters() {
    return 2 + components.stream().mapToInt(Component::parameters).sum();
  }
}
