package org.starbeam.fits;

import java.util.Map;

/**
 * A binary table: name of the extension, header cards in order, and columns in order. A column is a
 * {@code double[]}, {@code float[]}, {@code long[]}, {@code int[]}, {@code boolean[]} or {@code
 * String[]} with one entry per row, or a {@code double[][]}, {@code float[][]} or {@code int[][]}
 * with one fixed-length vector per row. Header values are String, Integer, Long, Double or Boolean.
 */
public record FitsTable(String name, Map<String, Object> header, Map<String, Object> columns) {}
