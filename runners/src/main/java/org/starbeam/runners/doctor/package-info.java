/**
 * Looks whether a machine, a repository and a cluster are fit for a campaign, and says what to do.
 */
package org.starbeam.runners.doctor;
