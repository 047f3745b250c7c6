// Watches a camera of a running gateway in a real browser: node watch_check.mjs PAGE CAMERA_ID whep|mse|no-webrtc. whep: on the page;
// mse: live.mp4 by a media source of our own; no-webrtc: on the page, by a browser whose WebRTC packets get nowhere. Exits 1 with one sentence.

import {DESKTOP, launchBrowser, openPage, screenshot, waitForVideo} from './lib/browser.mjs';

const [, , address, camera, way] = process.argv;

/** Runs in the page. Feeds the stream to a video element that stays in the document. */
async function playByMediaSource(url) {
    const reply = await fetch(url);
    const type = reply.headers.get('Content-Type');
    if (!reply.ok || !MediaSource.isTypeSupported(type)) throw new Error(`live.mp4: ${reply.status} ${type}`);
    const video = document.body.appendChild(document.createElement('video'));
    video.id = 'mse';
    video.muted = video.autoplay = true;
    const source = new MediaSource();
    video.src = URL.createObjectURL(source);
    await new Promise((resolve) => source.addEventListener('sourceopen', resolve, {once: true}));
    const buffer = source.addSourceBuffer(type);
    void (async () => {
        const reader = reply.body.getReader();
        for (;;) {
            const {done, value} = await reader.read();
            if (done) return;
            buffer.appendBuffer(value);
            await new Promise((resolve) => buffer.addEventListener('updateend', resolve, {once: true}));
        }
    })();
    return type;
}

/** Runs in the page, before it. Relays only, and there is none. */
function cutOff() {
    const Original = globalThis.RTCPeerConnection;
    globalThis.RTCPeerConnection = class extends Original {
        constructor(options) {
            super({...options, iceTransportPolicy: 'relay'});
        }
    };
}

const browser = await launchBrowser();
try {
    const words = [];
    let video = 'tp-live video';
    const page = await openPage(browser, way === 'mse' ? `${address}/#/` : `${address}/#/device/${camera}`, {size: DESKTOP});
    if (way === 'no-webrtc') {
        await page.addInitScript(cutOff);
        await page.reload();
    }
    if (way === 'mse') {
        words.push(await page.evaluate(playByMediaSource, `${address}/api/devices/${camera}/live.mp4`));
        video = 'video#mse';
    }
    const begun = Date.now();
    const {width, height} = await waitForVideo(page, page.locator(video), 30_000);
    words.push(`${width}x${height} moving after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
    const source = await page.locator(video).evaluate((element) => (element.srcObject ? 'webrtc' : element.src.slice(0, 5)));
    if (source !== (way === 'whep' ? 'webrtc' : 'blob:')) throw new Error(`it plays from ${source}`);
    await screenshot(page, `watch-${way}`);
    if (page.faults.length > 0) throw new Error(page.faults.join('; '));
    console.log(words.join(', '));
} catch (problem) {
    console.error(String(problem.message ?? problem).split('\n')[0]);
    process.exitCode = 1;
} finally {
    await browser.close();
}
