package org.starbeam.simulation;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The Gaussian mixtures of a campaign, each made once; safe for many threads. */
final class Profiles {
  private final Map<Double, RadialMixture> sersic = new ConcurrentHashMap<>();
  private final Map<Double, RadialMixture> moffat = new ConcurrentHashMap<>();

  RadialMixture sersic(double n) {
    return sersic.computeIfAbsent(n, RadialMixture::sersic);
  }

  RadialMixture moffat(double beta) {
    return moffat.computeIfAbsent(beta, RadialMixture::moffat);
  }
}
