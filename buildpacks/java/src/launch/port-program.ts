/** Variables by which frameworks take a port: Spring Boot and Helidon, Quarkus, Micronaut. */
export const PORT_VARIABLES = ['SERVER_PORT', 'QUARKUS_HTTP_PORT', 'MICRONAUT_SERVER_PORT'] as const;

/** Run by the launcher before a process (`buildpack.md#execd`): `PORT`, where it is set, is each framework's port, unless that has one of its own. */
export const PORT_PROGRAM = `#!/bin/sh
case \${PORT-} in '' | *[!0-9]*) exit 0 ;; esac
${PORT_VARIABLES.map((name) => `if [ -z "\${${name}-}" ]; then echo '${name} = "'"$PORT"'"' >&3; fi`).join('\n')}
`;
