package org.starbeam.coadd;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.starbeam.gaap.LightModel;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.modelfit.ModelFit;
import org.starbeam.modelfit.ModelFitter.Model;
import org.starbeam.modelfit.ModelLight;
import org.starbeam.modelfit.PsfMixture;

/**
 * The light of the members of a family in one band by their joint models, for fluxes of one member
 * that the others must not enter. A member much smaller than the PSF is an image of the PSF itself;
 * the mixture of Gaussians that stands for it in fits lacks its wings. Memory: one image of the
 * family; a member's own is made when it is asked for.
 */
final class FamilyLight {
  /** Pixels from a member within which its light counts at least: what a GAaP flux may need. */
  private static final int NEAR = 75;

  private static final int FAR = 150;

  /** Half-light radii that a model reaches. */
  private static final double REACH = 8;

  /** Half-light radius, in effective sigma of the PSF, of what counts as a point. */
  private static final double POINT = 0.25;

  private final CoaddModels.Band band;
  private final int index;
  private final List<MeasuredObject> members;
  private final @Nullable ImageF total;

  /**
   * @param index of the band among those of the models
   * @param members with their models, unscaled
   */
  FamilyLight(CoaddModels.Band band, int index, List<MeasuredObject> members) {
    this.band = band;
    this.index = index;
    this.members = members;
    this.total = members.size() == 1 ? null : total();
  }

  private ImageF total() {
    Box box = Box.EMPTY;
    for (MeasuredObject member : members) {
      box = box.union(box(member));
    }
    ImageF sum = new ImageF(box);
    for (MeasuredObject member : members) {
      ImageD image = light(member);
      Box in = image.box();
      for (int y = in.y0(); y < in.y1(); y++) {
        int to = sum.index(in.x0(), y);
        int from = image.index(in.x0(), y);
        for (int i = 0; i < in.width(); i++) {
          sum.data[to + i] += (float) image.data[from + i];
        }
      }
    }
    return sum;
  }

  /** What the other members put into the pixels near a member. */
  LightModel neighbours(int member) {
    ImageF all = total;
    if (all == null) {
      return LightModel.NONE;
    }
    ImageD own = light(members.get(member));
    return (x, y) ->
        (all.box().contains(x, y) ? all.get(x, y) : 0)
            - (own.box().contains(x, y) ? (float) own.get(x, y) : 0);
  }

  private Box box(MeasuredObject member) {
    ModelFit fit = ModelLight.best(member.models());
    double x = fit == null ? member.peak().x() : fit.model().x();
    double y = fit == null ? member.peak().y() : fit.model().y();
    double radius = fit == null ? 0 : ModelLight.meanRadius(fit);
    int half = Math.max(NEAR, (int) Math.min(FAR, Math.ceil(REACH * radius)));
    return Box.around((int) Math.rint(x), (int) Math.rint(y), half).intersect(band.image().box());
  }

  /** A member's own light in any unit; null when it has no model. */
  @Nullable LightModel own(int member) {
    MeasuredObject object = members.get(member);
    if (ModelLight.best(object.models()) == null) {
      return null;
    }
    return new OwnLight(object);
  }

  /** Made when a pixel is asked for, which only masked pixels need. */
  private final class OwnLight implements LightModel {
    private final MeasuredObject member;
    private @Nullable ImageD image;

    OwnLight(MeasuredObject member) {
      this.member = member;
    }

    @Override
    public double at(int x, int y) {
      ImageD light = image;
      if (light == null) {
        light = light(member, fit -> 1);
        image = light;
      }
      return light.box().contains(x, y) ? light.get(x, y) : 0;
    }
  }

  private ImageD light(MeasuredObject member) {
    return light(member, fit -> fit.fluxes()[index]);
  }

  private ImageD light(MeasuredObject member, ToDoubleFunction<ModelFit> fluxOf) {
    Box box = box(member);
    ModelFit fit = ModelLight.best(member.models());
    if (fit == null) {
      return new ImageD(box);
    }
    PsfMixture psf = band.mixture(member.peak().x(), member.peak().y());
    ModelFit point = member.models().get(Model.POINT);
    if (point != null && ModelLight.meanRadius(fit) < POINT * psf.effectiveSigma()) {
      return point(point, fluxOf.applyAsDouble(point), box);
    }
    return ImageD.wrap(box, ModelLight.pixels(fit, fluxOf.applyAsDouble(fit), psf, box));
  }

  private ImageD point(ModelFit fit, double flux, Box box) {
    ImageD out = new ImageD(box);
    if (!Double.isFinite(flux)) {
      return out;
    }
    ImageD psf = band.coadd().psf().image(fit.model().x(), fit.model().y());
    Box in = psf.box().intersect(box);
    for (int y = in.y0(); y < in.y1(); y++) {
      for (int x = in.x0(); x < in.x1(); x++) {
        out.set(x, y, flux * psf.get(x, y));
      }
    }
    return out;
  }
}
