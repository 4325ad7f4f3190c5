/** A class file with just what is looked at: its version, its name, texts that it mentions, and perhaps a main method. */
export function javaClass(name: string, options: { readonly feature?: number; readonly main?: boolean; readonly mentions?: readonly string[] } = {}): Buffer {
  const { feature = 17, main = false, mentions = [] } = options;
  const texts = [name.replaceAll('.', '/'), 'java/lang/Object', 'main', '([Ljava/lang/String;)V', ...mentions];
  const u1 = (value: number) => Buffer.from([value]);
  const u2 = (value: number) => Buffer.from([value >> 8, value & 0xff]);
  const u4 = (value: number) => Buffer.concat([u2(value >>> 16), u2(value & 0xffff)]);
  const constants = [
    ...texts.map((text) => Buffer.concat([u1(1), u2(Buffer.byteLength(text)), Buffer.from(text)])),
    Buffer.concat([u1(7), u2(1)]),
    Buffer.concat([u1(7), u2(2)]),
    // A long takes two places.
    Buffer.concat([u1(5), u4(0), u4(1)]),
  ];
  const count = constants.length + 1 + 1;
  const thisClass = texts.length + 1;
  const method = Buffer.concat([u2(0x0009), u2(3), u2(4), u2(0)]);
  const field = Buffer.concat([u2(0x0001), u2(3), u2(2), u2(1), u2(3), u4(2), u2(0)]);
  return Buffer.concat([
    u4(0xcafebabe),
    u2(0),
    u2(feature + 44),
    u2(count),
    ...constants,
    u2(0x0021),
    u2(thisClass),
    u2(thisClass + 1),
    u2(1),
    u2(thisClass),
    u2(1),
    field,
    u2(main ? 1 : 0),
    ...(main ? [method] : []),
    u2(0),
  ]);
}
