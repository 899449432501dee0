package org.starbeam.difference;

/**
 * One stamp's own normal equations for the functions of the kernel and, last, the terms of the
 * background. Arrays are not copied.
 *
 * @param weight of its pixels, 1 / variance
 * @param matrix symmetric, row by row; modified where noise is added
 * @param right right-hand side; modified where noise is added
 * @param model by function, the convolved image's pixels after it
 * @param data pixels of the reference
 * @param left of them after the offsets of the kernel
 * @param sigma2 variance of the pixels
 * @param half half width of the stamp, pixels
 */
record StampSystem(
    AlardLuptonSolver.Stamp stamp,
    double weight,
    double[] matrix,
    double[] right,
    double[][] model,
    double[] data,
    double[] left,
    double[] sigma2,
    int half) {}
