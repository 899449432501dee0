package org.starbeam.calibration;

import org.starbeam.image.Box;
import org.starbeam.image.MaskedImage;

/** A frame of which rows are read block by block. */
public interface RowSource {
  Box box();

  /**
   * Reads rows {@code firstRow} to {@code firstRow + rows} (counted from 0) into the beginning of
   * the arrays, row by row without gaps.
   */
  void read(int firstRow, int rows, float[] image, int[] mask, float[] variance);

  /** A frame in memory. */
  static RowSource of(MaskedImage frame) {
    return new RowSource() {
      @Override
      public Box box() {
        return frame.box();
      }

      @Override
      public void read(int firstRow, int rows, float[] image, int[] mask, float[] variance) {
        int width = frame.box().width();
        for (int row = 0; row < rows; row++) {
          int y = frame.box().y0() + firstRow + row;
          int x0 = frame.box().x0();
          int at = row * width;
          System.arraycopy(frame.image().data, frame.image().index(x0, y), image, at, width);
          System.arraycopy(frame.mask().data, frame.mask().index(x0, y), mask, at, width);
          System.arraycopy(
              frame.variance().data, frame.variance().index(x0, y), variance, at, width);
        }
      }
    };
  }
}
