/**
 * What a device is worth for this work: measurements, the report of them, prices, and reports
 * beside each other. What is measured is the engine and the outputs that a render uses.
 */
package dev.latentween.bench;
