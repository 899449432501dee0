package org.starbeam.deblend;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.starbeam.benchmark.PixelBenchmark;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.psf.MoffatPsf;

/**
 * One iteration of the fit of a blend of 128 x 128 pixels in six bands with thirty components of 40
 * x 40, and the transforms that it cannot do without, for the ratio.
 */
@SuppressWarnings("NullAway.Init") // set up by JMH
public class ScarletBenchmark extends PixelBenchmark {
  private static final int SIDE = 128;
  private static final int BANDS = 6;
  private static final int COMPONENTS = 30;

  private final List<Component> components = new ArrayList<>();
  private BlendScene scene;
  private BlendStep step;
  private MorphologyConstraint constraint;
  private Convolver convolver;
  private Convolver.Kernel kernel;
  private float[] image;
  private int iteration;

  @Override
  protected void prepare() {
    Random random = new Random(1);
    Box box = new Box(0, 0, SIDE, SIDE);
    float[][] data = new float[BANDS][box.area()];
    float[][] weight = new float[BANDS][box.area()];
    double[] sigma = new double[BANDS];
    List<ImageD> kernels = new ArrayList<>();
    for (int b = 0; b < BANDS; b++) {
      for (int i = 0; i < box.area(); i++) {
        data[b][i] = 20 * random.nextFloat();
        weight[b][i] = 1;
      }
      sigma[b] = 1;
      kernels.add(
          DifferenceKernel.of(new MoffatPsf(3.8 + 0.1 * b, 3, 0, 0, 20).kernelImage(0, 0), 0.8));
    }
    scene = new BlendScene(box, data, weight, sigma, kernels);
    for (int k = 0; k < COMPONENTS; k++) {
      Box own = new Box(random.nextInt(SIDE - 40), random.nextInt(SIDE - 40), 40, 40);
      float[] morphology = new float[own.area()];
      for (int i = 0; i < morphology.length; i++) {
        double r = Math.hypot(i % 40 - 20, i / 40 - 20);
        morphology[i] = (float) Math.exp(-r / 4);
      }
      float[] spectrum = {10, 12, 14, 16, 18, 20};
      components.add(new Component(k, own.x0() + 20, own.y0() + 20, own, morphology, spectrum));
    }
    step = BlendStep.of(BlendStep.Kind.ADAPROX);
    constraint = new MorphologyConstraint(0, sigma);
    convolver = new Convolver(SIDE, SIDE, 20);
    kernel = convolver.kernel(kernels.get(0));
    image = data[0].clone();
  }

  /** Loss, gradients, step, constraint. */
  @Benchmark
  public double iteration() {
    double loss = scene.evaluate(components);
    step.advance(scene, components, constraint, iteration++, loss);
    return loss;
  }

  /** Four transforms per band. */
  @Benchmark
  public float[] transforms() {
    for (int b = 0; b < BANDS; b++) {
      convolver.convolve(image, SIDE, SIDE, kernel, image);
      convolver.correlate(image, SIDE, SIDE, kernel, image);
    }
    return image;
  }
}
