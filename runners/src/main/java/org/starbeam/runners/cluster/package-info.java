/**
 * A Flink cluster of JVMs of its own on one machine, made of the jars that Maven has fetched: how
 * it is configured, started, watched over and ended, and how any Flink cluster is asked over REST.
 */
package org.starbeam.runners.cluster;
