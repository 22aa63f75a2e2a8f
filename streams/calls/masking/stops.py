"""Words that are no names, though they stand where a name can: after "I'm", "soy", "hier ist"."""

from streams.calls.masking.words import CUES, FILLERS, NUMBER_WORDS, TIMES, UNITS_OF_MEASURE, word_set

_ENGLISH = (
    "a an the and or but so if as at by for from in into of off on onto out over to up with without about "
    "after again against all almost already also although always am any anybody anyone anything are aren't "
    "around asap away back be because been before behind being below better between both can can't cannot "
    "could couldn't did didn't do does doesn't doing don't down during each either else ever every "
    "everybody everyone everything few first former free get gets getting give go goes going gone gonna "
    "gone good got great had hadn't half happy hardly has hasn't have haven't having he he's her here "
    "here's hers him his how i i'd i'll i'm i've into is isn't it it'd it'll it's its just keen kind last "
    "later least less let let's like looking lost lots mad many maybe me mine more most much must my "
    "myself near need neither never new next no nobody none nor not nothing now nowhere of off often oh ok "
    "okay old once one only other our ours own past per perhaps please pretty quite rather ready really "
    "right same seen several she she's should shouldn't since some somebody someone something somewhere "
    "soon sorry still stuck such sure surely than thank thanks that that's the their them then there "
    "there's these they they're they've thing things this those though through till time tired today "
    "tomorrow tonight too trying under until unless us usually very via want was wasn't we we'd we'll "
    "we're we've well were weren't what what's whatever when where which while who who's whoever whole "
    "whom why will with within won't worse would wouldn't wrong yeah yes yesterday yet you you'd you'll "
    "you're you've your yours yourself "
    # what customers and agents are, do and feel
    "able absolutely afraid alone amazing angry annoyed anxious appalled ashamed asking aware awful bored "
    "broke busy calling certain cold concerned confused crazy curious customer dead deaf desperate "
    "devastated different disabled disappointed disgusted done due embarrassed exempt exhausted expecting "
    "far fed fine fresh frustrated fuming full furious glad gutted hard hello hey hi hoping horrible hot "
    "hungry ill impossible interested joking kidding late leaving lied literally little livid locked lucky "
    "moving nervous new obviously outside overseas paying phoning pissed poor proud ridiculous ringing sad "
    "scared sick single speaking speechless stupid surprised talking terrible terrified unable "
    "unacceptable unbelievable unhappy upset useless waiting wondering working worried writing definitely "
    "basically actually currently originally honestly obviously simply totally completely certainly silly "
    "paranoid cynical old-fashioned names instead directly straight anytime soon early mr mrs ms miss "
    "mister dr sir madam ma'am doctor guys folks regarding concerning reporting returning following "
    "chasing looking "
    # what a name, a call or a company is talked of with
    "name names surname surname's spelled spelt misspelled spelling written listed missing incorrect "
    "correct registered mentioned changed different visible bill's account accounts address agent bank "
    "billing business call calls company computer department desk email emails home house insurance "
    "internet line mail manager message money morning afternoon evening night office online order payment "
    "people problem question service store supervisor support system team website work monday tuesday "
    "wednesday thursday friday saturday sunday january february march june july october november december "
    "english spanish german french american british irish indian customer's owner tenant resident member "
    "subscriber landlord nurse teacher lawyer student pensioner carer mother mum mom father dad wife "
    "husband son daughter sister brother partner friend dollars love darling sweetheart honey mate buddy "
    "pal bro liar nonsense rubbish garbage robbery theft fraud bullying harassment news daylight criminal "
    "shocking disgraceful pathetic broken basis good dear best regards sincerely dot underscore slash bye "
    "goodbye alright hold cancel fix help urgent correct exactly true false"
)
_SPANISH = (
    "el la los las lo un una unos unas de del al a ante con contra desde en entre hacia hasta para por "
    "según sin sobre tras y e o u ni que qué quien quién como cómo cuando cuándo cuanto donde dónde porque "
    "pues si sí no nunca ya aún todavía también tampoco muy más menos mi mis tu tus su sus nuestro me te "
    "se nos os le les yo tú él ella usted ustedes nosotros esto esta este estos eso esa ese aquello aquí "
    "ahí allí hoy ayer mañana es está están estoy era fue ser estar soy eres somos son hay he ha han había "
    "tengo tiene quiero quería llamo llamaba llamé llama llamó hola buenas buenos tardes días noches "
    "gracias favor señor señora señorita cliente clienta abonado abonada titular usuario usuaria nuevo "
    "nueva autónomo autónoma jubilado jubilada madre padre mujer marido hijo hija hermano vecino vecina "
    "propietario propietaria inquilino dueño dueña consciente mayor uno parte nombre apellido apellidos "
    "atención español española estudiante médico abogado abogada profesor persona alguien nadie solo sólo "
    "siempre bastante otro otra mismo misma así bien mal entonces bueno vale oiga mire disculpe perdone "
    "socio socia pensionista punto arroba correo cuenta equipo departamento empresa servicio trabajo "
    "llamada hablar verdad claro pero aunque mientras"
)
_GERMAN = (
    "der die das den dem des ein eine einen einem einer eines und oder aber denn weil wenn als ob dass daß "
    "wie wo wer was warum wann mit ohne von vom aus bei beim nach seit zu zum zur in im ins an am auf für "
    "gegen über unter um durch vor hinter neben zwischen ich du er sie es wir ihr mich mir dich dir ihn "
    "ihm uns euch ihnen mein meine meinen meinem meiner dein sein seine unser ihre ihren bin bist ist sind "
    "seid war waren habe hab hat haben hatte werde wird wurde kann können muss müssen soll will wollen "
    "möchte nicht kein keine keinen nie noch schon auch nur sehr so ja nein doch mal da dort hier jetzt "
    "heute gestern morgen immer wieder gerade eben einfach echt total ganz leider bitte danke hallo guten "
    "tag herr frau kunde kundin mieter mieterin rentner rentnerin inhaber inhaberin neu neue sauer wütend "
    "enttäuscht verärgert froh sicher unsicher krank alleine allein berufstätig schwanger umgezogen bereit "
    "dabei damit falsch richtig geschrieben hinterlegt schluss niemand jemand alles nichts etwas man dran "
    "unterwegs zuhause weg nämlich also naja okay rufe rufen anrufe rechnung vertrag konto adresse firma "
    "büro anliegen problem deutsche deutscher student studentin besitzer eigentümer vermieter anwalt arzt "
    "mitglied punkt unglaublich unmöglich"
)
_FRENCH = (
    "le la les l un une des du de d à au aux et ou mais donc or ni car si que qui quoi dont où quand "
    "comment pourquoi parce comme avec sans pour par sur sous dans en entre chez vers depuis pendant avant "
    "après je tu il elle on nous vous ils elles me te se moi toi lui leur leurs mon ma mes ton ta tes son "
    "sa ses notre nos votre vos ce cet cette ces ça cela c'est est suis es sommes êtes sont était étais ai "
    "as a avons avez ont avait être avoir fait faire ne pas plus jamais rien personne toujours encore déjà "
    "aussi très trop bien mal mieux tout tous toute toutes même autre bonjour bonsoir merci monsieur "
    "madame mademoiselle client cliente abonné abonnée désolé désolée content contente déçu déçue furieux "
    "furieuse retraité retraitée locataire propriétaire nouveau nouvelle titulaire sûr sûre inadmissible "
    "scandaleux incroyable impossible possible vrai normal dommage appelle appel appels oui non voilà "
    "alors ici là hier demain nom prénom famille compte facture service bureau maison travail problème "
    "français française loin près point arobase étudiant avocat médecin membre quelqu'un seul seule "
    "honteux fatigué fatiguée malade"
)
_HINDI = (
    "hai hain hoon hun hu ho tha thi the ka ki ke ko se mein me par pe aur ya ki lekin magar agar toh to "
    "bhi hi na nahi nahin mat kya kyun kyon kab kahan kaise kaun main mai hum aap tum mera meri mere "
    "hamara aapka aapki uska iska yeh ye woh wo voh yahan wahan abhi aaj kal bahut bohot bas sirf bol bola "
    "bole raha rahi rahe baat kar karo kariye kijiye naam ji haan han achha acha theek thik namaste "
    "namaskar sir madam galat likha hua account customer order recharge net paisa paise din phir fir pehle "
    "baad wala wali wale ek bhai behen beta pareshan naya dukaan dukan ghar office"
)
_NO_NAMES = (
    frozenset(" ".join((_ENGLISH, _SPANISH, _GERMAN, _FRENCH, _HINDI)).split())
    | CUES.keys()
    | NUMBER_WORDS
    | TIMES.keys()
    | UNITS_OF_MEASURE
    | FILLERS
)
#: What French hangs on the word that follows.
_ELISIONS = ("j'", "n'", "qu'", "c'", "s'", "m'", "t'", "l'", "jusqu'")
_CONTRACTIONS = ("'ve", "'ll", "'re", "'d", "n't")
#: Names that are common words as well: said again, only upper case tells them.
HOMONYMS = word_set(
    "april art august bill bob chase chance charity christian daisy dawn dick dolores don drew earnest "
    "faith frank gene grace grant guy harmony heather holly hope iris ivy jack jasmine joy june lance lily "
    "mark marina mar mary may mercedes miles mike nick olive paris pat penny piper pilar pierce ray rich "
    "rob robin rose ruby rusty sandy skip sky summer sol sue summer sunny tony trinity victor victoria "
    "violet wade ward will young king long law price page park field wood brown black white green gray day "
    "short best cook baker taylor smith walker hill stone rivera cruz santos luz paz rosa alba blanca "
    "angel salvador consuelo flor estrella nieves reyes leon wolf klein gross kurz lang koch schwarz weiss "
    "sommer winter marine aurore claire rose pierre petit grand blanc noir roy asha kiran jyoti khushi "
    "deep prem"
)


def is_common(word: str) -> bool:
    """Return whether a normalised word is none that names anyone.

    Examples
    --------
    >>> [is_common(word) for word in ("spelled", "j'ai", "marisol", "0")]
    [True, True, False, True]
    """
    return word in _NO_NAMES or "0" in word or word.startswith(_ELISIONS) or word.endswith(_CONTRACTIONS)
