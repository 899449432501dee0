/** The science of Starbeam: pure Java, one package per domain; nothing here knows of Beam. */
package org.starbeam;
