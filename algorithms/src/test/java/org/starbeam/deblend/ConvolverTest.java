package org.starbeam.deblend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

class ConvolverTest {
  /**
   * Sizes whose grids have all radices, odd and even numbers of passes, and kernels that stick out.
   */
  @ParameterizedTest
  @CsvSource({"31,31,7", "10,4,3", "25,50,2", "7,3,9", "1,1,4", "37,22,12", "64,48,20", "90,81,9"})
  void agreesWithTheSumOverPixels(int width, int height, int radius) {
    Random random = new Random(width);
    float[] image = new float[width * height];
    for (int i = 0; i < image.length; i++) {
      image[i] = (float) random.nextGaussian();
    }
    ImageD kernel = new ImageD(Box.around(0, 0, radius));
    for (int i = 0; i < kernel.data.length; i++) {
      kernel.data[i] = random.nextGaussian() / kernel.data.length;
    }
    Convolver convolver = new Convolver(width, height, radius);
    float[] convolved = new float[image.length];
    float[] correlated = new float[image.length];
    convolver.convolve(image, width, height, convolver.kernel(kernel), convolved);
    convolver.correlate(image, width, height, convolver.kernel(kernel), correlated);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double c = 0;
        double t = 0;
        for (int v = 0; v < height; v++) {
          for (int u = 0; u < width; u++) {
            if (kernel.box().contains(x - u, y - v)) {
              c += image[v * width + u] * kernel.get(x - u, y - v);
            }
            if (kernel.box().contains(u - x, v - y)) {
              t += image[v * width + u] * kernel.get(u - x, v - y);
            }
          }
        }
        assertThat((double) convolved[y * width + x]).isCloseTo(c, within(3e-6));
        assertThat((double) correlated[y * width + x]).isCloseTo(t, within(3e-6));
      }
    }
  }
}
