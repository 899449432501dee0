/**
 * What a campaign will do before it does it: the quanta of every task, what they will cost, and how
 * long it takes on a number of slots (specs/05 sections 1.9 and 6.8).
 */
@NullMarked
package org.starbeam.pipelines.plan;

import org.jspecify.annotations.NullMarked;
