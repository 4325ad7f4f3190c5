/**
 * Components of software as CycloneDX, SPDX and Syft documents. Output is a function of its input alone: no clock,
 * no random number. The room knows nothing of buildpacks, layers or where components come from.
 *
 * ```ts
 * encodeSbom('cyclonedx', { subject: { name: 'shop' }, tool: { name: 'tspack', version: '0.1.0' }, components });
 * ```
 *
 * Formats: CycloneDX 1.6 (ECMA-424), SPDX 2.3 (ISO/IEC 5962), Syft JSON 16.
 *
 * @packageDocumentation
 */
export { componentId, hashesFromIntegrity } from './component.ts';
export type { Component, ComponentHash, ComponentType, SbomDocument } from './component.ts';
export { debianComponents, debianLicences, debianPurl } from './debian-component.ts';
export type { DebianPackageFacts } from './debian-component.ts';
export { parseLicence } from './licence.ts';
export type { Licence } from './licence.ts';
export { decodeSbom } from './decode-sbom.ts';
export { encodeSbom, mergeSboms, SBOM_FORMATS } from './sbom.ts';
export type { SbomFormat } from './sbom.ts';
