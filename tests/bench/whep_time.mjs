// node whep_time.mjs PAGE DEVICE COUNT: Chromium watches DEVICE by WHEP COUNT times, one after the other, and prints a JSON
// list of {answer_ms, frame_ms}, counted from the POST to the answer and to the first frame its decoder gave out.

import {createRequire} from 'node:module';

const require = createRequire(new URL('../browser/package.json', import.meta.url));
const {chromium} = require('playwright-core');
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--allow-loopback-in-peer-connection', '--autoplay-policy=no-user-gesture-required'];

/** Runs in the page. */
async function watchOnce(address) {
    const connection = new RTCPeerConnection();
    const video = document.createElement('video');
    document.body.replaceChildren(video);
    video.muted = video.autoplay = true;
    connection.addTransceiver('video', {direction: 'recvonly'});
    connection.addTransceiver('audio', {direction: 'recvonly'});
    connection.ontrack = ({track}) => {
        if (track.kind === 'video') video.srcObject = new MediaStream([track]);
    };
    await connection.setLocalDescription(await connection.createOffer());
    const begun = performance.now();
    const reply = await fetch(address, {method: 'POST', headers: {'Content-Type': 'application/sdp'}, body: connection.localDescription.sdp});
    if (reply.status !== 201) throw new Error(`WHEP answered ${reply.status}: ${(await reply.text()).slice(0, 200)}`);
    const answer = await reply.text();
    const answered = performance.now();
    const decoded = new Promise((resolve, reject) => {
        video.requestVideoFrameCallback(() => resolve(performance.now()));
        setTimeout(() => reject(new Error('no frame within 10 s')), 10_000);
    });
    await connection.setRemoteDescription({type: 'answer', sdp: answer});
    const shown = await decoded;
    connection.close();
    await fetch(new URL(reply.headers.get('Location'), address), {method: 'DELETE'});
    return {answer_ms: answered - begun, frame_ms: shown - begun};
}

const [page_url, device, count] = process.argv.slice(2);
const browser = await chromium.launch({executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS});
try {
    const page = await browser.newPage();
    await page.goto(page_url + '/healthz'); // same origin, nothing else running
    await page.evaluate(() => document.documentElement.replaceChildren(document.createElement('body')));
    const runs = [];
    for (let n = 0; n < Number(count); ++n) runs.push(await page.evaluate(watchOnce, `${page_url}/api/devices/${device}/whep?stream=main`));
    console.log(JSON.stringify(runs));
} finally {
    await browser.close();
}
