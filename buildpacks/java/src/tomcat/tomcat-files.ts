/**
 * Tomcat's configuration: one connector on `$PORT`, one application as the root, no port that stops the server, nothing deployed or unpacked while it
 * runs, and its work below the temporary folder.
 */
export function serverXml(applicationDirectory: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1">
  <Listener className="org.apache.catalina.core.JreMemoryLeakPreventionListener"/>
  <Listener className="org.apache.catalina.mbeans.GlobalResourcesLifecycleListener"/>
  <Listener className="org.apache.catalina.core.ThreadLocalLeakPreventionListener"/>
  <Service name="Catalina">
    <Connector port="\${PORT:-8080}" protocol="HTTP/1.1" connectionTimeout="20000" maxParameterCount="1000"/>
    <Engine name="Catalina" defaultHost="localhost">
      <!-- What a proxy says about the client, from private addresses only. -->
      <Valve className="org.apache.catalina.valves.RemoteIpValve" protocolHeader="x-forwarded-proto"/>
      <Host name="localhost" appBase="\${java.io.tmpdir}" autoDeploy="false" deployOnStartup="false" unpackWARs="false" createDirs="false">
        <Valve className="org.apache.catalina.valves.ErrorReportValve" showReport="false" showServerInfo="false"/>
        <Context path="" docBase="${applicationDirectory}" workDir="\${java.io.tmpdir}/tomcat">
          <!-- Sessions belong to one process: files of them would outlive it. -->
          <Manager pathname=""/>
        </Context>
      </Host>
    </Engine>
  </Service>
</Server>
`;
}

/** Everything to standard output: containers have no log files. */
export function loggingProperties(): string {
  return `handlers = java.util.logging.ConsoleHandler
.handlers = java.util.logging.ConsoleHandler
.level = INFO
java.util.logging.ConsoleHandler.level = FINE
java.util.logging.ConsoleHandler.formatter = org.apache.juli.OneLineFormatter
java.util.logging.ConsoleHandler.encoding = UTF-8
`;
}
