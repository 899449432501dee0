/**
 * What operators see of a run: progress, status page, metrics, logs, costs (specs/05 section 7).
 */
@NullMarked
package org.starbeam.pipelines.observe;

import org.jspecify.annotations.NullMarked;
