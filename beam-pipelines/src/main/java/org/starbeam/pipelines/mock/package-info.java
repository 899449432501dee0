/**
 * Mock campaigns: the real stages, harness, ledger and publication with tasks that only take time,
 * write datasets of declared size, and fail by a seed. They test everything except science.
 */
@NullMarked
package org.starbeam.pipelines.mock;

import org.jspecify.annotations.NullMarked;
