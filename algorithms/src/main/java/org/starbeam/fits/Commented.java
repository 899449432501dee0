package org.starbeam.fits;

/** A header value with the comment that its card is to carry. */
public record Commented(Object value, String comment) {}
