package org.starbeam.fits;

import org.jspecify.annotations.Nullable;

/**
 * One card of a FITS header in its place: keyword in capitals (a HIERARCH keyword without the word
 * HIERARCH, its parts separated by one space), value and comment. The value is a String, Integer,
 * Long, Double or Boolean, or null where the card has none (COMMENT, HISTORY, blank keyword: the
 * text is the comment) or where it is undefined.
 */
public record HeaderCard(String key, @Nullable Object value, String comment) {}
