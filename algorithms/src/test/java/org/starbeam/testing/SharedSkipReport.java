package org.starbeam.testing;

import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestPlan;

/**
 * Prints one line at the end of a test run when tests were skipped for want of the shared folder.
 */
public final class SharedSkipReport implements TestExecutionListener {
  @Override
  public void testPlanExecutionFinished(TestPlan plan) {
    int skipped = Shared.SKIPPED.get();
    if (skipped > 0) {
      System.out.println("skipped for want of the shared folder: " + skipped + " tests");
    }
  }
}
