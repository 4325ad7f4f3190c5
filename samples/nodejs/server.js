import express from 'express';

const app = express();
app.use(express.static('dist', { extensions: ['html'] }));
app.get('/health', (request, response) => response.json({ status: 'ok', node: process.version }));

const port = Number(process.env.PORT ?? 8080);
const server = app.listen(port, () => console.log(`Listening on port ${port}`));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => server.close(() => process.exit(0)));
