package org.starbeam.coadd;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.gaap.Aperture;
import org.starbeam.gaap.CellDuals;
import org.starbeam.gaap.GaapFlux;
import org.starbeam.gaap.GaapFluxes;
import org.starbeam.gaap.GaapPhotometer;
import org.starbeam.gaap.LightModel;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;

/**
 * GAaP fluxes of the objects of a family (specs/04 section 8), at the reference position in every
 * band, on the pixels less the joint models of the other members. How far the flux in one aperture
 * is from that on the object's share of the pixels tells how far deblending is to be trusted.
 */
final class GaapStage {
  /** Sigma in pixels of the aperture that is compared. */
  private static final double COMPARED = 5;

  private static final Aperture NONE = new Aperture(Double.NaN, Double.NaN, Double.NaN);

  final GaapPhotometer photometer;
  private final GaapPhotometer compared;
  private final int place;

  GaapStage(GaapPhotometer.Config config) {
    photometer = new GaapPhotometer(config);
    compared = new GaapPhotometer(config.withSigmas(List.of(COMPARED)));
    place = config.sigmas().indexOf(COMPARED);
    if (place < 0) {
      throw new IllegalArgumentException("no aperture of " + COMPARED + " pixels to compare");
    }
  }

  /** The aperture of the object's own size. */
  Aperture optimal(MeasuredSource reference, BandFrame frame) {
    Aperture psf = frame.duals(reference.x(), reference.y()).shape();
    Aperture own = moments(reference);
    return photometer.optimal(own.isValid() ? own : psf, psf);
  }

  /** The matched aperture of the band with the widest PSF: one for all bands. */
  private static Aperture matched(MeasuredSource reference, List<BandFrame> frames) {
    Aperture widest = NONE;
    for (BandFrame f : frames) {
      widest = widest.wider(f.duals(reference.x(), reference.y()).matched());
    }
    return widest;
  }

  /** Moments with seeing; without an ellipse where they failed. */
  private static Aperture moments(MeasuredSource source) {
    return source.flag(Fields.flag(Fields.SHAPE))
        ? NONE
        : new Aperture(source.get(Fields.IXX), source.get(Fields.IYY), source.get(Fields.IXY));
  }

  /**
   * Fluxes in the compared aperture on an object's share of the pixels, which must be in the
   * frames; NaN where there is none.
   */
  Map<String, Double> shared(MeasuredSource reference, List<BandFrame> frames) {
    Map<String, Double> out = new HashMap<>();
    frames.forEach(f -> out.put(f.name(), compared(reference, f, f.noise.image())));
    return out;
  }

  /** Flux in the compared aperture on an image of a band. */
  private double compared(MeasuredSource reference, BandFrame f, MaskedImage image) {
    double x = reference.x();
    double y = reference.y();
    CellDuals duals = f.duals(x, y);
    LightModel own = LightModel.gaussian(x, y, duals.shape());
    GaapFluxes fluxes = compared.measure(image, x, y, duals, NONE, NONE, LightModel.NONE, own);
    return fluxes.circular().get(0).flux();
  }

  /**
   * The members of a family with their fluxes. Their pixels must be in the frames as they are.
   *
   * @param members with their models, in the units of the images
   * @param shared what {@link #shared} said of each
   */
  List<MeasuredObject> measured(
      List<MeasuredObject> members, List<Map<String, Double>> shared, List<BandFrame> frames) {
    List<Map<String, GaapFluxes>> fluxes = new ArrayList<>();
    List<Map<String, Double>> deltas = new ArrayList<>();
    for (MeasuredObject member : members) {
      fluxes.add(new LinkedHashMap<>());
      deltas.add(new HashMap<>());
    }
    List<Aperture> matched = members.stream().map(m -> matched(m.reference(), frames)).toList();
    for (int b = 0; b < frames.size(); b++) {
      BandFrame f = frames.get(b);
      FamilyLight light = new FamilyLight(f.modelled(), b, members);
      for (int i = 0; i < members.size(); i++) {
        MeasuredObject member = members.get(i);
        GaapFluxes found = fluxes(member, matched.get(i), f, light.neighbours(i), light.own(i));
        deltas.get(i).put(f.name(), delta(shared.get(i).get(f.name()), found));
        MeasuredSource reference = member.reference();
        double scale = f.response(reference.x(), reference.y()).sumCorrection();
        fluxes.get(i).put(f.name(), found.times(scale));
        double all = compared(reference, f, f.band.image());
        member.forcedIn(f.name()).set(Fields.UNDEBLENDED_GAAP_FLUX, scale * all);
      }
    }
    List<MeasuredObject> out = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      ObjectBlend blend = members.get(i).blend();
      ObjectBlend told = blend == null ? null : blend.withGaapFluxDeltas(deltas.get(i));
      out.add(members.get(i).withGaap(told, fluxes.get(i)));
    }
    return out;
  }

  private GaapFluxes fluxes(
      MeasuredObject member,
      Aperture matched,
      BandFrame f,
      LightModel neighbours,
      @Nullable LightModel own) {
    MeasuredSource reference = member.reference();
    double x = reference.x();
    double y = reference.y();
    CellDuals duals = f.duals(x, y);
    LightModel light = own == null ? LightModel.gaussian(x, y, duals.shape()) : own;
    return photometer.measure(
        f.noise.image(), x, y, duals, member.optimal(), matched, neighbours, light);
  }

  private double delta(@Nullable Double shared, GaapFluxes found) {
    if (shared == null) {
      return Double.NaN;
    }
    GaapFlux flux = found.circular().get(place);
    return (shared - flux.flux()) / flux.err();
  }
}
