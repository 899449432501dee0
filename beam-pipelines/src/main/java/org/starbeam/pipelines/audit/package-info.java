/**
 * Audits the tables of a run against the schema: what is in every column, which rules of names,
 * values, flags and keys are broken, and whether the tables agree with each other (specs/07 section
 * 14).
 */
@NullMarked
package org.starbeam.pipelines.audit;

import org.jspecify.annotations.NullMarked;
