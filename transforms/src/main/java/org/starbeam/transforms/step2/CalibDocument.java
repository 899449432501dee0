package org.starbeam.transforms.step2;

import org.starbeam.image.Box;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.photometry.PhotoCalib;

/** A photometric calibration as JSON. */
public record CalibDocument(
    double mean,
    double meanErr,
    String method,
    int x0,
    int y0,
    int width,
    int height,
    int orderX,
    int orderY,
    double[] field) {
  public static CalibDocument of(PhotoCalib calib) {
    Chebyshev2D field = calib.field();
    Box box = field.box();
    return new CalibDocument(
        calib.mean(),
        calib.meanErr(),
        calib.method(),
        box.x0(),
        box.y0(),
        box.width(),
        box.height(),
        field.orderX(),
        field.orderY(),
        field.coefficients());
  }

  public PhotoCalib photoCalib() {
    return new PhotoCalib(
        mean,
        meanErr,
        new Chebyshev2D(new Box(x0, y0, width, height), orderX, orderY, field),
        method);
  }
}
